# SPDX-License-Identifier: Apache-2.0
"""Cases 7 to 14 and 18: resource URIs that are none, and those that name another broker."""
from conformance.callers import PROBE, CallerCase
from conformance.expect import BAD_URI, MALFORMED, MISSING, OK, UNKNOWN_BROKER
from conformance.ways import HUNG_UP
from support.sample_site import SECRET, URI

PATH_404 = {("NOT_FOUND", "UNKNOWN_PATH")}
# A target with such a byte is no HTTP: the library's own answer, or none.
NO_HTTP = MALFORMED | {("HTTP 400", ""), (HUNG_UP, "")}
TOO_LARGE_HEAD = {("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE"), ("HTTP 414", ""), ("HTTP 431", ""),
                  (HUNG_UP, "")}
MAX_QUERY = 1024


class UriTest(CallerCase):
    def setUp(self):
        super().setUp()
        self.open_doors()
        self.addCleanup(self.still_served)

    def test_case_7_an_empty_path_is_invalid(self):
        """no ResourcePath, and none behind the scheme: INVALID_ARGUMENT"""
        for uri in ("", "kbs", "kbs:", "kbs:/", "kbs://", "kbs:///"):
            self.refused(uri, BAD_URI)
        for way in self.rpc_ways:  # a request without the field
            self.variant(f"{way.name}: no field", BAD_URI,
                         lambda way=way: way.call("api.GetResourceService/GetResource", b""))

    def test_case_8_segments_that_miss_or_are_too_many_are_invalid(self):
        """fewer or more than three segments: INVALID_ARGUMENT"""
        for path in (PROBE, f"{PROBE}/key", f"{PROBE}/key/main/more", f"{PROBE}/a/b/c/d",
                     "/".join([PROBE] * 17), "/".join(["a"] * 1000)):
            self.refused(f"kbs:///{path}", BAD_URI)
        self.refused("kbs+echo:///" + "/".join(["a"] * 17), BAD_URI)

    def test_case_9_dots_and_empty_segments_are_invalid(self):
        """.. and . and empty segments and a slash at the end: INVALID_ARGUMENT"""
        for path in ("../key/main", "app/../main", "app/key/..", "./key/main", "app/./main",
                     "app/key/.", "/key/main", "app//main", "app/key/", "app/key/main/",
                     "//app/key/main", "app/key/...", ".hidden/key/main", "app/key/-x",
                     "app/key/_x", "../../auth", f"{PROBE}/../../attest"):
            self.refused(f"kbs:///{path}", BAD_URI)

    def test_case_10_bytes_that_are_no_letters_of_a_name_are_invalid(self):
        """escapes, overlong UTF-8, NUL, CR and LF, backslash, ";": INVALID_ARGUMENT"""
        for text in ("%2e%2e", "%2f", "a%2fb", "%252e%252e", "%252f", "%00", "%0d%0a", "%c0%af",
                     "%", "%4", "%zz", "a%", "\\", "a\\..\\b", "a;b", "a:b", "a@b", "a*b", "a'b",
                     'a"b', "a$b", "a,b", "a=b", "a+b", "~a", "a|b", "{a}"):
            self.refused(f"kbs:///app/key/{text}", BAD_URI)
        for raw in (b"\0", b"a\0b", b"\r\nX: y", b"a\nb", b"a\tb", b"a b", b"\x7f", b"\x1b[2J"):
            self.refused(b"kbs:///app/key/" + raw, BAD_URI, NO_HTTP)

    def test_case_10_bytes_that_are_no_ascii_are_invalid(self):
        """overlong, cut off and foreign UTF-8: INVALID_ARGUMENT"""
        for raw in (b"\xc0\xae\xc0\xae", b"\xe0\x80\xaf", b"\xc0\xaf", b"\xff", b"\xc3",
                    b"\xed\xa0\x80", "ä".encode(), "．．".encode(), "\u202e".encode(),
                    b"\xef\xbb\xbf"):
            # What is no UTF-8 is no message of protobuf.
            self.refused(b"kbs:///app/key/" + raw, BAD_URI | MALFORMED, NO_HTTP)

    def test_case_10_a_needless_escape_names_the_same_resource(self):
        """REST alone decodes, once, and letters only; a control of the refusals"""
        self.variant("rest: %6dain", OK, lambda: self.rest.get("kbs:///app/key/%6dain"),
                     asks_broker=True)
        for way in self.rpc_ways:
            self.variant(f"{way.name}: %6dain", BAD_URI,
                         lambda way=way: way.get("kbs:///app/key/%6dain"))

    def test_case_11_query_and_fragment_in_a_path_are_invalid(self):
        """?, # and & where they are no query of a whole path: INVALID_ARGUMENT"""
        for uri in ("kbs:///app/key?main", "kbs:///app?x=1/key/main", "kbs:///app/key/main?a?b",
                    "kbs:///app/key/?x=1", "kbs:///?app/key/main", "kbs:///app/k?y/main",
                    "kbs:///app/key/main&x=1", "kbs:///app/key/a&b", "kbs:///app/key/main%3fx=1",
                    "kbs:///app/key/main%23x", "kbs:///app/key/main%26x"):
            self.refused(uri, BAD_URI)
        for uri in ("kbs:///app/key/main#x", "kbs:///app/key#/main", "kbs:///app/key/main?x=1#y"):
            self.refused(uri, BAD_URI, NO_HTTP)

    def test_case_12_queries_that_are_malformed_or_too_long_are_invalid(self):
        """malformed, and over the limit: INVALID_ARGUMENT"""
        # The list says 256 bytes, and keys from a list. A query is for a plugin of the broker,
        # whose parameters are its own: letters are limited, and the length to 1024 bytes.
        for query in ("", "x=%", "x=%4", "x=%zz", "x=a/b", "x=a?b", "x=<a>", 'x="a"', "x=[1]",
                      "x=a;b", "x=a\\b", "x=" + PROBE * 100, "x=" + "1" * (MAX_QUERY - 1)):
            for uri in (URI, "kbs+echo:///a"):
                self.refused(f"{uri}?{query}", BAD_URI)
        for query in ("x=a b", "x=\r\nX: y", "x=\0", "x=ä"):
            self.refused(f"{URI}?{query}", BAD_URI, NO_HTTP)
        for way in self.ways:
            self.variant(f"{way.name}: at the limit", OK,
                         lambda way=way: way.get(f"{URI}?x=" + "1" * (MAX_QUERY - 2)),
                         asks_broker=True)

    def test_case_13_plugins_that_are_none_are_invalid(self):
        """resource, auth, attest and what is no name as a plugin: INVALID_ARGUMENT"""
        for plugin in ("resource", "auth", "attest", "Admin", "a.b", "a%2fb", "a_b", "a" * 65,
                       "..", "%2e%2e"):
            self.refused(f"kbs+{plugin}:///{PROBE}/x", BAD_URI)
        self.refused("kbs+:///a/b", BAD_URI, PATH_404)
        for uri in ("kbs+resource/../x:///a", "kbs+echo/../auth:///a", "kbs+a b:///a",
                    "kbs-echo:///a", "kbs+echo", "kbs+echo:a", "KBS+echo:///a"):
            self.refused(uri, BAD_URI, NO_HTTP)
        for path in ("../x", "a/../../auth", "a//b", "a/", ""):
            self.refused(f"kbs+echo:///{path}", BAD_URI)

    def test_case_13_a_plugin_that_the_broker_lacks_is_not_found(self):
        """admin is asked for as any plugin, under its own name alone, by GET: NOT_FOUND"""
        # The list says INVALID_ARGUMENT unless it is listed: which plugins there are is the
        # broker's to say, and new ones need no new attestd.
        for way in self.ways:
            before = len(self.broker.requests())
            self.variant(f"{way.name}: kbs+admin", MISSING,
                         lambda way=way: way.get("kbs+admin:///a/b"), asks_broker=True)
            asked = self.broker.requests()[before:]
            self.assertEqual([(method, path) for method, path, _ in asked],
                             [("GET", "/kbs/v0/admin/a/b")])

    def test_case_14_another_broker_is_refused(self):
        """a host that is not configured: INVALID_ARGUMENT, and no packet to anybody"""
        port = self.tap.port
        for host in ("evil:8080", "evil.example", f"localhost:{port}", f"127.0.0.2:{port}",
                     f"127.1:{port}", f"2130706433:{port}", f"0177.0.0.1:{port}",
                     f"0x7f.0.0.1:{port}", f"127.0.0.1:{port + 1}",
                     "169.254.169.254", f"127.0.0.1.:{port}", f"127.0.0.1:0{port}", "mai", "MAIN"):
            self.refused(f"kbs://{host}/app/key/main", UNKNOWN_BROKER | BAD_URI)
        for host in (f"user@127.0.0.1:{port}", f"user:word@127.0.0.1:{port}", "[::1]",
                     f"[::1]:{port}", f"[::ffff:127.0.0.1]:{port}", "127.0.0.1:", "127.0.0.1:port",
                     "127.0.0.1:99999999", "a b", "a\\b", "%31", "127.0.0.1:1:2"):
            self.refused(f"kbs://{host}/app/key/main", BAD_URI)
        for way in self.rpc_ways:  # a control: the endpoint that is configured
            for host in (f"127.0.0.1:{port}", "127.0.0.1", "main"):
                self.variant(f"{way.name}: configured, {len(host)}", OK,
                             lambda way=way, host=host: way.get(f"kbs://{host}/app/key/main"),
                             asks_broker=True)

    def test_case_14_a_target_that_names_a_host_is_refused(self):
        """http://… as the target of a REST request, and CONNECT: INVALID_ARGUMENT"""
        for target in (f"http://127.0.0.1:{self.tap.port}/cdh/resource/app/key/main",
                       "http://localhost/cdh/resource/app/key/main", "kbs:///app/key/main",
                       "//evil/cdh/resource/app/key/main", "*"):
            self.variant(f"rest: {target[:12]}", MALFORMED | PATH_404,
                         lambda target=target: self.rest.request(target))

    def test_case_18_a_path_of_a_mebibyte_is_refused(self):
        """beyond 255 bytes a segment, 4096 a URI: INVALID_ARGUMENT; above 64 KiB: too large"""
        for size in (256, 4096, 8192):
            self.refused("kbs:///app/key/" + PROBE + "m" * size, BAD_URI, name=f"{size} bytes")
        for size in (17 << 10, 60 << 10):
            self.refused("kbs:///app/key/" + PROBE + "m" * size, BAD_URI, TOO_LARGE_HEAD,
                         name=f"{size} bytes")
        long = "kbs:///app/key/" + PROBE + "m" * (1 << 20)
        self.refused(long, {("RESOURCE_EXHAUSTED", "")}, TOO_LARGE_HEAD, name="1 MiB")
        for way in self.ways:  # a control: the longest name that there may be
            self.variant(f"{way.name}: 255 bytes", MISSING,
                         lambda way=way: way.get("kbs:///app/key/" + "m" * 255), value=SECRET,
                         asks_broker=True)
