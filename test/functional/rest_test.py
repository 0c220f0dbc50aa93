# SPDX-License-Identifier: Apache-2.0
"""The REST listener, by curl, beside the same over gRPC."""
import base64
import contextlib
import http.client
import json
import os
import socket
import unittest

from support.agent import EVERYTHING
from support.doors import over_grpc
from support.processes import (PATIENCE_SECONDS, free_ports, log_from_here, memory, wait_for_log,
                               wait_until)
from support.rest import RestClient
from support.rpc import AGENT, agent_pb
from support.sample_site import SECRET, SampleSite

SITE = None
DAEMON = None
ADDRESS = None

SECRET_PATH = "/cdh/resource/app/key/main"
EVENT = json.dumps({"domain": "d", "operation": "o", "content": "c"})


def start_daemon(features, name, address=None):
    """A daemon with a REST listener, and its address."""
    address = address or f"127.0.0.1:{free_ports()}"
    listener = f'[[listener]]\naddress = "{address}"\nprotocol = "rest"\n{features}{EVERYTHING}'
    return SITE.agent(SITE.tables() + listener, name=name), address


def setUpModule():
    global SITE, DAEMON, ADDRESS
    SITE = SampleSite(unittest.enterModuleContext(contextlib.ExitStack()))
    DAEMON, ADDRESS = start_daemon('features = "all"\n', "attestd")


class RestTest(unittest.TestCase):
    def setUp(self):
        self.rest = RestClient(ADDRESS)
        self.grpc = self.enterContext(DAEMON.client())

    def test_a_resource_is_its_bytes(self):
        reply = self.rest.get(SECRET_PATH)
        self.assertEqual((reply.http, reply.body), (200, SECRET))
        self.assertEqual(reply.headers["content-type"], "application/octet-stream")
        self.assertEqual(reply.headers["cache-control"], "no-store")
        self.assertEqual(reply.headers["x-content-type-options"], "nosniff")

    def test_resources_of_any_size(self):
        for size in (0, 1, 127, 128, 16384, 1 << 20):
            with self.subTest(size):
                secret = bytes(i * 7 & 0xff for i in range(size))
                SITE.broker.put(f"app/size/s{size}", secret)
                reply = self.rest.get(f"/cdh/resource/app/size/s{size}")
                self.assertEqual((reply.http, reply.body), (200, secret))

    def test_a_query_and_a_plugin_reach_the_broker(self):
        reply = json.loads(self.rest.get("/cdh/plugin/echo/a/b?x=1&y=%20").body)
        self.assertEqual(reply["path"], "a/b")
        self.assertIn("x=1", reply["query"])
        self.assertEqual(self.rest.error("/cdh/plugin/none/a/b"),
                         (404, "NOT_FOUND", "RESOURCE_NOT_FOUND"))

    def test_evidence_is_that_of_grpc(self):
        for query, data in (("runtime_data=42", b"42"), ("runtime_data=a+b%2B", b"a b+"),
                            ("encoding=base64&runtime_data=" + base64.urlsafe_b64encode(
                                b"\xfb\xff\x00").decode(), b"\xfb\xff\x00")):
            with self.subTest(query):
                _, reply, _ = over_grpc(self.grpc, f"{AGENT}/GetEvidence",
                                        agent_pb.GetEvidenceRequest(
                                            RuntimeData=data).SerializeToString())
                evidence = agent_pb.GetEvidenceResponse.FromString(reply).Evidence
                self.assertTrue(json.loads(evidence))
                answer = self.rest.get("/aa/evidence?" + query)
                self.assertEqual((answer.http, answer.body), (200, evidence))
        reply = self.rest.get("/aa/additional-evidence?runtime_data=42")
        self.assertEqual((reply.http, reply.body), (200, b""))

    def test_a_token(self):
        reply = self.rest.get("/aa/token?token_type=kbs")
        self.assertEqual(reply.http, 200)
        self.assertEqual(json.loads(reply.body)["token"].count("."), 2)

    def test_what_attestd_is(self):
        reply = self.rest.get("/info")
        self.assertEqual(reply.headers["content-type"], "application/json")
        info = json.loads(reply.body)
        self.assertEqual((info.pop("tee"), info.pop("feature")), ("sample", "all"))
        self.assertRegex(info.pop("version"), r"^[0-9]+\.[0-9]+")
        self.assertEqual(info, {})

    def test_an_event_that_is_not_measured_is_said_so(self):
        reply = self.rest.post("/aa/aael", EVENT)
        self.assertEqual(reply.http, 200)
        body = json.loads(reply.body)
        self.assertEqual((body["success"], set(body)), ("false", {"success", "message"}))

    def test_errors_have_the_code_and_reason_of_grpc(self):
        for target, expected in (
                ("/cdh/resource/app/key/absent", (404, "NOT_FOUND", "RESOURCE_NOT_FOUND")),
                ("/cdh/resource/private/key/main", (403, "PERMISSION_DENIED", "ACCESS_DENIED")),
                ("/cdh/resource/app/key", (400, "INVALID_ARGUMENT", "BAD_URI")),
                ("/cdh/resource/app/../key/main", (400, "INVALID_ARGUMENT", "BAD_URI")),
                ("/cdh/resource/app%2Fkey/main", (400, "INVALID_ARGUMENT", "BAD_URI")),
                ("/cdh/resource/app/key/main%00", (400, "INVALID_ARGUMENT", "BAD_URI")),
                ("/cdh/resource/app/key/main?<", (400, "INVALID_ARGUMENT", "BAD_URI")),
                ("/aa/evidence?runtime_data=" + "4" * 65, (400, "INVALID_ARGUMENT", "TOO_LARGE")),
                ("/aa/token?token_type=coco_as",
                 (412, "FAILED_PRECONDITION", "FAILED_PRECONDITION")),
                ("/aa/token", (400, "INVALID_ARGUMENT", "MALFORMED")),
                ("/nothing", (404, "NOT_FOUND", "UNKNOWN_PATH")),
                ("/aa/aael", (405, "UNIMPLEMENTED", "WRONG_METHOD"))):
            with self.subTest(target):
                self.assertEqual(self.rest.error(target), expected)

    def test_a_failure_has_the_id_under_which_the_log_has_its_cause(self):
        log = log_from_here(DAEMON)
        error = json.loads(self.rest.get("/cdh/resource/private/key/main?x=hidden").body)["error"]
        self.assertRegex(error["request_id"], r"^[0-9a-f]{8}-[0-9]+$")
        self.assertIn(f"[request {error['request_id']}]", error["message"])
        wait_for_log(log, f"request={error['request_id']}")
        self.assertNotIn("hidden", log() + str(error))

    def test_pages_and_rebound_names_are_refused(self):
        for header in ("Host: rebound.example.com", "Host: 10.0.0.1:8006",
                       "Origin: http://127.0.0.1", "Sec-Fetch-Site: cross-site"):
            with self.subTest(header):
                http, code, reason = self.rest.error(SECRET_PATH, "--header", header)
                self.assertEqual((http, code), (403, "PERMISSION_DENIED"))
                self.assertEqual(reason, "HOST_REFUSED" if "Host" in header else "PAGE_REFUSED")
        for host in ("localhost", "[::1]:8006", "127.9.9.9"):
            with self.subTest(host):
                reply = self.rest.get(SECRET_PATH, "--header", f"Host: {host}")
                self.assertEqual(reply.body, SECRET)

    def test_a_connection_is_used_again(self):
        connection = http.client.HTTPConnection(ADDRESS, timeout=PATIENCE_SECONDS)
        self.addCleanup(connection.close)
        connection.connect()
        first = connection.sock
        for target, code in ((SECRET_PATH, 200), ("/nothing", 404), (SECRET_PATH, 200)):
            connection.request("GET", target)
            reply = connection.getresponse()
            self.assertEqual((reply.status, reply.read() == SECRET), (code, code == 200))
            self.assertIs(connection.sock, first)

    def test_a_secret_that_was_sent_stays_nowhere_in_memory(self):
        secret = os.urandom(24).hex().encode()
        SITE.broker.put("app/memory/main", secret)
        self.assertEqual(self.rest.get("/cdh/resource/app/memory/main").body, secret)
        try:
            found = {word: any(word in part for part in memory(DAEMON.process.pid))
                     for word in (secret, SITE.broker.url.encode())}
        except PermissionError:
            self.skipTest("only root reads the memory of a process that forbids dumps")
        self.assertEqual(found, {secret: False, SITE.broker.url.encode(): True})

    def test_a_client_that_leaves_asks_the_broker_no_more(self):
        with socket.create_server(("127.0.0.1", 0)) as hole:
            tables = SITE.tables().replace(SITE.broker.url,
                                           f"https://127.0.0.1:{hole.getsockname()[1]}")
            address = f"127.0.0.1:{free_ports()}"
            agent = SITE.agent(
                tables + f'[[listener]]\naddress = "{address}"\nprotocol = "rest"\n{EVERYTHING}', name="hole")
            host, port = address.split(":")
            with socket.create_connection((host, int(port))) as client:
                client.sendall(f"GET {SECRET_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                peer, _ = hole.accept()
                log = log_from_here(agent)
            with peer:
                wait_until(lambda: "request failed" in log(), "the call has ended", seconds=20)


class FeaturesTest(unittest.TestCase):
    def test_features_switch_paths_on(self):
        for features, resource, attestation in (
                ("", 200, 404), ('features = "resource"\n', 200, 404),
                ('features = "attestation"\n', 404, 200)):
            with self.subTest(features):
                name = f"features-{resource}-{len(features)}"
                _, address = start_daemon(features, name)
                rest = RestClient(address)
                self.assertEqual(rest.get(SECRET_PATH).http, resource)
                self.assertEqual(rest.get("/aa/token?token_type=kbs").http, attestation)
                info = json.loads(rest.get("/info").body)
                self.assertEqual("tee" in info, attestation == 200)


if __name__ == "__main__":
    unittest.main()
