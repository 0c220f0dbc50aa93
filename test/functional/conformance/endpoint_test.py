# SPDX-License-Identifier: Apache-2.0
"""Cases 15 to 17: a KBS and a KBC that the request names (getresource of programs before 0.10)."""
import json
import socket

from conformance.callers import PROBE, CallerCase
from conformance.expect import BAD_URI, OK
from support.rpc import hub_pb

from support.ttrpc import field

GET = "getresource.GetResourceService/GetResource"
DENIED = {("PERMISSION_DENIED", "UNKNOWN_BROKER")}
PATH = "/app/key/main"


def message(*values):
    return b"".join(field(i + 1, value) for i, value in enumerate(values) if value)


def description(*segments):
    words = dict(zip(("repository", "type", "tag"), segments))
    return json.dumps({"name": "", "optional": words})


class EndpointTest(CallerCase):
    def setUp(self):
        super().setUp()
        self.open_doors()
        self.hole = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        self.hole.setblocking(False)
        self.addCleanup(self.still_served)

    def ask(self, way, values):
        reply = way.call(GET, message(*values))
        return reply if reply.code != "OK" else reply._replace(
            value=hub_pb.GetResourceResponse.FromString(reply.value).Resource)

    def legacy(self, name, values, expected, **options):
        for way in self.rpc_ways:
            self.variant(f"{way.name}: {name}", expected,
                         lambda way=way: self.ask(way, values), **options)

    def shapes(self, kbs):
        """The request in the three ways in which it can name a KBS."""
        return (("cc_kbc", kbs, description("app", "key", "main")), (PATH, "cc_kbc", kbs),
                (f"kbs://{PATH}", "cc_kbc", kbs))

    def denied(self, urls):
        for url in urls:
            for shape, values in enumerate(self.shapes(url)):
                self.legacy(f"{url[:50]} {shape}", values, DENIED)
        with self.assertRaises(BlockingIOError):
            self.hole.accept()

    def test_case_15_a_kbs_that_is_not_configured_is_denied(self):
        """KbsUri other than the endpoint of the configuration: PERMISSION_DENIED, no socket"""
        port, hole = self.tap.port, self.hole.getsockname()[1]
        self.denied([
            f"https://127.0.0.1:{hole}", f"https://localhost:{port}", f"https://127.0.0.2:{port}",
            f"https://evil.example:{port}", "https://evil.example", "evil.example", PROBE,
            f"https://127.0.0.1:{port}0", f"https://user@127.0.0.1:{port}",
            f"https://127.0.0.1:{port}@127.0.0.1:{hole}", f"https://127.0.0.1:{port}#x",
            f"https://127.1:{port}0", f"https://2130706434:{port}", f"https://[::1]:{port}",
            f"https://[::ffff:127.0.0.1]:{port}", f"https://127.0.0.1:{port}\\@evil.example",
            f"https://127.0.0.1:{port}%00.evil.example", "x" * 5000])

    def test_case_15_the_kbs_of_the_configuration_is_asked(self):
        """a control: the configured endpoint, however it is spelt, and none, are served"""
        port = self.tap.port
        for url in (f"https://127.0.0.1:{port}", f"HTTPS://127.0.0.1:{port}/", "",
                    f"https://127.1:{port}", f"https://2130706433:{port}"):
            for shape, values in enumerate(self.shapes(url)):
                self.legacy(f"{url[:20]} {shape}", values, OK, asks_broker=True)

    def test_case_16_local_addresses_and_other_schemes_are_denied(self):
        """KbsUri of the metadata service, of loopback, of other schemes: PERMISSION_DENIED"""
        port, hole = self.tap.port, self.hole.getsockname()[1]
        self.denied([
            "http://169.254.169.254", "http://169.254.169.254/latest/meta-data", "http://127.0.0.1",
            f"http://127.0.0.1:{hole}", f"http://127.0.0.1:{port}", f"HTTP://127.0.0.1:{hole}",
            "unix:///run/docker.sock", "file:///etc/passwd", f"gopher://127.0.0.1:{hole}/_x",
            f"ftp://127.0.0.1:{hole}", f"dict://127.0.0.1:{hole}/x", "ldap://evil.example",
            f"kbs://127.0.0.1:{port}", f"//127.0.0.1:{port}x", "vsock://2:1234"])

    def test_case_17_a_kbc_of_any_name_selects_nothing(self):
        """KbcName changes neither answer nor broker"""
        # The list says INVALID_ARGUMENT for names that are unknown. Old clients send many (cc_kbc,
        # offline_fs_kbc, online_sev_kbc, their own): here a name loads and selects nothing.
        for name in (PROBE, "", "cc_kbc", "../../lib", "cc_kbc::https://evil.example", "x" * 4096,
                     "\u202e", "a\0b"):
            self.legacy(f"path, {name[:30]!r}", (PATH, name), OK, asks_broker=True)
            self.legacy(f"malformed path, {name[:30]!r}", ("/app/key", name), BAD_URI)
            if "/" not in name:
                self.legacy(f"description, {name[:30]!r}",
                            (name, "", description("app", "key", "main")), OK, asks_broker=True)
                self.legacy(f"no description, {name[:30]!r}", (name, "", PROBE), BAD_URI)

    def test_case_17_descriptions_that_are_none_are_invalid(self):
        """a ResourceDescription that is malformed, deep, long or escapes: INVALID_ARGUMENT"""
        for text in ("", "{}", "[]", "null", '{"optional":1}', '{"optional":{"type":"a"}}',
                     '{"optional":{"type":1,"tag":2}}', description("..", "key", "main"),
                     description("app", "key", "a/b"), description("app", "key", "main?x=1"),
                     description("app", "", "main"), description("app", "key", "a\0b"),
                     "[" * 10_000, '{"a":' * 10_000, description("app", "key", "x" * 5000),
                     description("app", "key", "main") + "x", "{" + '"a":1,' * 600 + '"b":2}'):
            self.legacy(f"{text[:30]!r}", ("cc_kbc", "", text), BAD_URI)


