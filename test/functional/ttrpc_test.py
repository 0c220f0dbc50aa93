# SPDX-License-Identifier: Apache-2.0
"""Every service over ttRPC, by a client that knows the wire only, beside the same over gRPC."""
import contextlib
import json
import socket
import time
import unittest

from support.agent import SAMPLE_TABLES, Agent, broker_table
from support.doors import over_grpc, over_ttrpc
from support.processes import log_from_here, wait_for_log
from support.rpc import AGENT, RESOURCE, SERVING, agent_pb, grpc, hub_pb, status_pb
from support.sample_site import SECRET, URI, SampleSite
from support.ttrpc import HungUp, TtrpcClient, TtrpcError, connect, frame, request_data

SITE = None
AGENT_DAEMON = None

GET = f"{RESOURCE}/GetResource"
# Of the codes of gRPC.
INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = 3, 4, 5


def setUpModule():
    global SITE, AGENT_DAEMON
    SITE = SampleSite(unittest.enterModuleContext(contextlib.ExitStack()))
    AGENT_DAEMON = SITE.agent()


def get_request(uri):
    return hub_pb.GetResourceRequest(ResourcePath=uri).SerializeToString()


# method -> request. Each has the same reply whenever it is asked, or the same code.
SAME = [
    (GET, get_request(URI)),
    (GET, get_request("kbs:///private/key/main")),
    (GET, get_request("kbs:///app/key/absent")),
    (GET, get_request("kbs:///app/key")),
    (GET, get_request("kbs://elsewhere.example/app/key/main")),
    (GET, b"\x0a\x7fshort"),
    (GET, b"\x0a\x02\xc3\x28"),
    (f"{AGENT}/GetEvidence", agent_pb.GetEvidenceRequest(RuntimeData=b"42").SerializeToString()),
    (f"{AGENT}/GetEvidence", agent_pb.GetEvidenceRequest(RuntimeData=b"4" * 65).SerializeToString()),
    (f"{AGENT}/GetEvidence", b"\xff"),
    (f"{AGENT}/GetEvidence", b"\x0a\x80\xa0\x06" + b"m" * (100 << 10)),
    (f"{AGENT}/GetAdditionalEvidence", b""),
    (f"{AGENT}/GetToken", agent_pb.GetTokenRequest(TokenType="coco_as").SerializeToString()),
    (f"{AGENT}/GetTeeType", b""),
    (f"{AGENT}/GetAdditionalTees", b""),
    (f"{AGENT}/ExtendRuntimeMeasurement", agent_pb.ExtendRuntimeMeasurementRequest(
        Domain=b"d", Operation=b"o", Content=b"c").SerializeToString()),
    (f"{AGENT}/BindInitData", agent_pb.BindInitDataRequest(Digest=b"").SerializeToString()),
    (f"{AGENT}/BindInitData", agent_pb.BindInitDataRequest(Digest=b"d" * 32).SerializeToString()),
    ("attestd.v1.StatusService/GetDetection", b""),
    ("attestd.v1.AdminService/Reload", b""),
]


class TtrpcTest(unittest.TestCase):
    def setUp(self):
        self.ttrpc = self.enterContext(TtrpcClient(AGENT_DAEMON.socket))
        self.grpc = self.enterContext(AGENT_DAEMON.client())

    def failure(self, *arguments, **options):
        with self.assertRaises(TtrpcError) as caught:
            self.ttrpc.raw(*arguments, **options)
        return caught.exception.reply

    def test_each_door_gives_the_same_bytes_or_the_same_code_and_reason(self):
        codes = set()
        for method, request in SAME:
            with self.subTest((method, request[:40])):
                one = over_grpc(self.grpc, method, request)
                self.assertEqual(over_ttrpc(self.ttrpc, method, request), one)
                codes.add(one[0])
        # A table that met successes only, or one error only, would prove less.
        self.assertGreaterEqual(codes, {0, 3, 5, 7, 8})

    def test_the_secret_comes_over_ttrpc(self):
        reply = hub_pb.GetResourceResponse.FromString(self.ttrpc.raw(GET, get_request(URI)))
        self.assertEqual(reply.Resource, SECRET)

    def test_secrets_of_any_size_come_over_ttrpc(self):
        for size in (1, 127, 128, 16384, 1 << 20):
            with self.subTest(size):
                secret = bytes(i * 7 & 0xff for i in range(size))
                SITE.broker.put(f"app/size/s{size}", secret)
                reply = self.ttrpc.raw(GET, get_request(f"kbs:///app/size/s{size}"))
                self.assertEqual(hub_pb.GetResourceResponse.FromString(reply).Resource, secret)

    def test_a_token_comes_over_ttrpc(self):
        reply = agent_pb.GetTokenResponse.FromString(self.ttrpc.raw(
            f"{AGENT}/GetToken", agent_pb.GetTokenRequest(TokenType="kbs").SerializeToString()))
        self.assertEqual(json.loads(reply.Token)["token"].count("."), 2)

    def test_the_status_comes_over_ttrpc(self):
        reply = status_pb.GetStatusResponse.FromString(
            self.ttrpc.raw("attestd.v1.StatusService/GetStatus"))
        self.assertEqual((reply.tee, reply.ready), ("sample", True))

    def test_what_is_not_there_is_not_found_in_guest_components_words(self):
        for method in (f"{RESOURCE}/PutResource", "api.Nothing/AtAll", "x/y"):
            with self.subTest(method):
                reply = self.failure(method)
                self.assertEqual((reply.code, reply.text), (NOT_FOUND, f"/{method} is not supported"))

    def test_a_failure_has_the_id_under_which_the_log_has_its_cause(self):
        log = log_from_here(AGENT_DAEMON)
        reply = self.failure(GET, get_request("kbs:///private/key/main"))
        self.assertRegex(reply.text, r"\[request [0-9a-f]{8}-[0-9]+\]$")
        wait_for_log(log, "request=" + reply.text.rsplit(" ", 1)[1].rstrip("]"))

    def test_a_caller_gets_its_time_and_no_more(self):
        with socket.create_server(("127.0.0.1", 0)) as hole:
            url = f"https://127.0.0.1:{hole.getsockname()[1]}"
            agent = SITE.agent(SAMPLE_TABLES + broker_table(url, SITE.broker.ca_file), name="hole")
            with TtrpcClient(agent.socket) as client:
                before = time.monotonic()
                with self.assertRaises(TtrpcError) as caught:
                    client.raw(GET, get_request(URI), seconds=0.5)
                took = time.monotonic() - before
            self.assertEqual(caught.exception.reply.code, DEADLINE_EXCEEDED)
            self.assertGreaterEqual(took, 0.5)
            self.assertLess(took, 10)

    def test_more_than_4_mib_is_refused_and_the_connection_goes_on(self):
        self.ttrpc.socket.sendall(frame(b"x" * ((4 << 20) + 1), stream=1))
        reply = self.ttrpc.receive()
        self.assertEqual((reply.stream, reply.code), (1, INVALID_ARGUMENT))
        self.assertEqual(over_ttrpc(self.ttrpc, *SAME[0])[0], 0)

    def test_garbage_ends_its_connection_only(self):
        with connect(AGENT_DAEMON.socket) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(raw.recv(1), b"")
        self.assertEqual(over_ttrpc(self.ttrpc, *SAME[0])[0], 0)
        self.assertEqual(AGENT_DAEMON.health(), SERVING)


class DoorTest(unittest.TestCase):
    """Which clients a socket takes."""

    def setUp(self):
        self.site = SITE

    def agent(self, protocol):
        """A daemon with one socket more, of the protocol."""
        agent = Agent(self.site.folder, self.site.tables(), name=f"door-{protocol}")
        self.addCleanup(agent.kill)
        extra = f"{self.site.folder}/{protocol}.sock"
        with open(agent.config, "a", encoding="ascii") as config:
            config.write(f'[[listener]]\npath = "{extra}"\nprotocol = "{protocol}"\n')
        agent.start()
        return extra

    def speaks_ttrpc(self, path):
        with TtrpcClient(path) as client:
            try:
                return over_ttrpc(client, *SAME[0])[0] == 0
            except (HungUp, OSError):
                return False

    def speaks_grpc(self, path):
        with grpc.insecure_channel(f"unix:{path}") as channel:
            try:
                channel.unary_unary(f"/{GET}")(SAME[0][1], timeout=15)
                return True
            except grpc.RpcError:
                return False

    def test_a_socket_takes_what_it_was_told_to(self):
        for protocol, expected in (("auto", (True, True)), ("grpc", (True, False)),
                                   ("ttrpc", (False, True))):
            with self.subTest(protocol):
                path = self.agent(protocol)
                if protocol == "grpc":
                    # gRPC would wait for the rest of a preface; what is none ends the connection.
                    with connect(path) as raw:
                        raw.sendall(frame(request_data("x/y")) + b"\0" * 100)
                        while raw.recv(4096):
                            pass
                    self.assertTrue(self.speaks_grpc(path))
                    continue
                self.assertEqual((self.speaks_grpc(path), self.speaks_ttrpc(path)), expected)

    def test_a_client_may_be_silent_first(self):
        silent = [self.enterContext(TtrpcClient(AGENT_DAEMON.socket)) for _ in range(200)]
        with AGENT_DAEMON.client() as client:
            self.assertEqual(client.get_resource(URI), SECRET)
        for client in silent:
            self.assertEqual(over_ttrpc(client, *SAME[0])[0], 0)

    def test_a_client_that_leaves_without_a_word_leaves_nothing(self):
        for _ in range(200):
            connect(AGENT_DAEMON.socket).close()
        self.assertEqual(AGENT_DAEMON.health(), SERVING)


if __name__ == "__main__":
    unittest.main()
