# SPDX-License-Identifier: Apache-2.0
"""getresource.GetResourceService of guest-components before v0.10, in its three shapes."""
import contextlib
import json
import unittest

from support.doors import over_grpc, over_ttrpc
from support.rpc import hub_pb
from support.sample_site import SECRET, SampleSite
from support.ttrpc import TtrpcClient, TtrpcError, field

SITE = None
DAEMON = None

GET = "getresource.GetResourceService/GetResource"
INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED = 3, 5, 7
PATH = "/app/key/main"


def setUpModule():
    global SITE, DAEMON
    SITE = SampleSite(unittest.enterModuleContext(contextlib.ExitStack()))
    DAEMON = SITE.agent()


def message(*values):
    """Fields 1, 2 and 3 as an old client writes them: empty strings are left out."""
    return b"".join(field(i + 1, value) for i, value in enumerate(values) if value)


def description(repository, kind, tag):
    return json.dumps({"name": "", "optional": {
        "repository": repository, "type": kind, "tag": tag}})


class LegacyTest(unittest.TestCase):
    def setUp(self):
        self.url = SITE.broker.url
        self.grpc = self.enterContext(DAEMON.client())
        self.ttrpc = self.enterContext(TtrpcClient(DAEMON.socket))

    def ask(self, request):
        """(code, secret, reason), the same over gRPC and ttRPC."""
        code, payload, reason = over_ttrpc(self.ttrpc, GET, request)
        self.assertEqual(over_grpc(self.grpc, GET, request), (code, payload, reason))
        return code, hub_pb.GetResourceResponse.FromString(payload).Resource, reason

    def test_each_shape_gets_the_secret(self):
        authority = self.url.split("://")[1]
        for values in (("cc_kbc", self.url, description("app", "key", "main")),
                       ("cc_kbc", "", description("app", "key", "main")),
                       (f"kbs://{authority}{PATH}", "cc_kbc"),
                       (f"kbs://{PATH}", "cc_kbc"),
                       (PATH, "cc_kbc", self.url),
                       (PATH, "cc_kbc", self.url + "/"),
                       (PATH.lstrip("/"), "cc_kbc", self.url),
                       (PATH, "offline_fs_kbc", "null"),
                       (PATH, "", "")):
            with self.subTest(values):
                self.assertEqual(self.ask(message(*values)), (0, SECRET, None))

    def test_a_kbs_that_is_not_configured_is_denied_and_nobody_is_asked(self):
        count = SITE.broker.counted()
        port = self.url.rsplit(":", 1)[1]
        for kbs in ("https://elsewhere.example:8080", "http://" + self.url.split("://")[1],
                    f"https://elsewhere.example:{port}", "elsewhere", self.url + "0",
                    self.url.replace("://", "://user@")):
            for values in (("cc_kbc", kbs, description("app", "key", "main")),
                           (PATH, "cc_kbc", kbs), (f"kbs://{PATH}", "cc_kbc", kbs)):
                with self.subTest(values):
                    self.assertEqual(self.ask(message(*values)),
                                     (PERMISSION_DENIED, b"", ["UNKNOWN_BROKER"]))
        self.assertEqual(count(), (0, 0, 0))

    def test_errors_are_those_of_the_service_of_today(self):
        for path, code, reason in (("/app/key/absent", NOT_FOUND, "RESOURCE_NOT_FOUND"),
                                   ("/private/key/main", PERMISSION_DENIED, "ACCESS_DENIED"),
                                   ("/app/key", INVALID_ARGUMENT, "BAD_URI"),
                                   ("/app/../main/x", INVALID_ARGUMENT, "BAD_URI"),
                                   ("app", INVALID_ARGUMENT, "BAD_URI")):
            with self.subTest(path):
                self.assertEqual(self.ask(message(path, "cc_kbc", self.url)),
                                 (code, b"", [reason]))

    def test_bytes_that_are_no_message_are_refused(self):
        with self.assertRaises(TtrpcError) as caught:
            self.ttrpc.raw(GET, b"\xff")
        self.assertEqual(caught.exception.reply.code, INVALID_ARGUMENT)


if __name__ == "__main__":
    unittest.main()
