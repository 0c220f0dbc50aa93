# SPDX-License-Identifier: Apache-2.0
"""What callers get wrong is told to them, and the daemon lives on."""
import socket
import unittest

from support.rpc import AGENT, RESOURCE, SERVING, failure, grpc
from support.site import SECRET, open_site

SITE = None

MALFORMED_URIS = [
    "", "kbs", "kbs:", "kbs://", "kbs:///", "kbs:///app", "kbs:///app/key", "kbs:///app/key/",
    "kbs:///app//main", "kbs:////key/main", "kbs:///app/key/main/more", "kbs:///app/key/main/",
    "kbs:///app/key/main?x=a b", "kbs:///app/key/main#x", "kbs:///app/key/../main",
    "kbs:///../key/main", "kbs:///app/key/.hidden", "kbs:///app/key/ma in", "kbs:///app/key/%6dain",
    "kbs:///app/key/ma\nin", "kbs:///app/key/ma\x00in", "kbs:///app/key/m\u00e4in",
    "kbs:///app/key/" + "m" * 256, "http:///app/key/main", "KBS:///app/key/main",
    "/app/key/main", "app/key/main", "kbs://user@/app/key/main", "kbs://host:port/app/key/main",
    "kbs://[::1]/app/key/main", "kbs://a b/app/key/main",
]


def setUpModule():
    global SITE
    SITE = open_site()


class BadInputTest(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(SITE.agent.client())

    def tearDown(self):
        self.assertEqual(SITE.agent.health(), SERVING)
        self.assertEqual(SITE.agent.get("app/key/main").out, SECRET)

    def test_malformed_uris_are_invalid_and_the_broker_hears_nothing_of_them(self):
        count = SITE.broker.counted()
        for uri in MALFORMED_URIS:
            with self.subTest(uri):
                code, text = failure(self.client.get_resource, uri)
                self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
                self.assertIn("kbs:///repository/type/tag", text)
        self.assertEqual(count(), (0, 0, 0))

    def test_attestctl_calls_a_malformed_uri_bad_usage(self):
        outcome = SITE.agent.ctl("get-resource", "kbs:///app/key")
        self.assertEqual((outcome.exit, outcome.out), (2, b""))
        self.assertIn("URI is malformed", outcome.err)

    def test_a_uri_that_names_an_unknown_broker_is_invalid(self):
        for word in ("elsewhere.example", "127.0.0.1:1", "mai"):
            with self.subTest(word):
                code, text = failure(self.client.get_resource, f"kbs://{word}/app/key/main")
                self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
                self.assertIn("broker that is not configured", text)

    def test_bytes_that_are_no_message_are_refused(self):
        for junk in (b"\xff", b"\x0a\x7fshort", b"\x0a" + b"\xff" * 9 + b"\x7f"):
            with self.subTest(junk):
                for method in (f"{RESOURCE}/GetResource", f"{AGENT}/GetEvidence",
                               f"{AGENT}/GetToken"):
                    code, _ = failure(self.client.raw, method, junk)
                    self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_resource_path_that_is_not_utf8_is_invalid(self):
        code, _ = failure(self.client.raw, f"{RESOURCE}/GetResource", b"\x0a\x02\xc3\x28")
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_request_of_100_kib_is_too_large(self):
        for call in (lambda: self.client.get_resource("kbs:///app/key/" + "m" * (100 << 10)),
                     lambda: self.client.get_evidence(b"m" * (100 << 10))):
            code, _ = failure(call)
            self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_unknown_methods_and_services_are_unimplemented(self):
        for method in (f"{RESOURCE}/PutResource", "api.Nothing/AtAll", "x/y"):
            with self.subTest(method):
                code, _ = failure(self.client.raw, method, b"")
                self.assertEqual(code, grpc.StatusCode.UNIMPLEMENTED)

    def test_a_deadline_of_a_millisecond_is_exceeded(self):
        for _ in range(20):
            code, _ = failure(self.client.get_evidence, b"", seconds=0.001)
            self.assertEqual(code, grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_bytes_that_are_no_http2_end_their_connection_only(self):
        for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 4096,
                     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 99):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.settimeout(30)
                raw.connect(SITE.agent.socket)
                raw.sendall(junk)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(4096):
                    pass
