# SPDX-License-Identifier: Apache-2.0
"""One table of requests, each asked over gRPC, ttRPC and REST: the same bytes, or the same error."""
import base64
import concurrent.futures
import contextlib
import json
import unittest
import urllib.parse

from support.agent import EVERYTHING
from support.doors import over_grpc, over_rest, over_ttrpc
from support.processes import free_ports
from support.rest import RestClient
from support.rpc import AGENT, RESOURCE, agent_pb, hub_pb
from support.sample_site import SECRET, SampleSite
from support.ttrpc import TtrpcClient

SITE = CLIENTS = None
LARGE = bytes(i * 7 & 0xff for i in range(1 << 20))
# Of the codes of gRPC.
OK, INVALID, NOT_FOUND, DENIED, UNFIT, UNAVAILABLE = 0, 3, 5, 7, 9, 14


def setUpModule():
    global SITE, CLIENTS
    stack = unittest.enterModuleContext(contextlib.ExitStack())
    SITE = SampleSite(stack)
    for name, content in (("app/key/empty", b""), ("app/key/large", LARGE), ("app/key/zeros", b"\0\r\n\xff\0")):
        SITE.broker.put(name, content)
    address = f"127.0.0.1:{free_ports()}"
    daemon = SITE.agent(SITE.tables() + f'[[listener]]\naddress = "{address}"\nprotocol = "rest"\n'
                        'features = "all"\n' + EVERYTHING)
    CLIENTS = (stack.enter_context(daemon.client()), stack.enter_context(TtrpcClient(daemon.socket)),
               RestClient(address))


class Row:
    """One request in the words of each door, and the code that it meets."""

    def __init__(self, name, code, method, request, target):
        self.name, self.code, self.method, self.target = name, code, method, target
        self.request = request.SerializeToString()

    def ask(self):
        """(code, bytes) by door."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            rest = pool.submit(over_rest, CLIENTS[2], self.target)
            over = {"gRPC": pool.submit(over_grpc, CLIENTS[0], self.method, self.request),
                    "ttRPC": pool.submit(over_ttrpc, CLIENTS[1], self.method, self.request)}
        replies = {"REST": rest.result()[:2]}
        for door, reply in over.items():
            code, payload, _ = reply.result()
            replies[door] = (code, self.content(payload))
        return replies

    def content(self, payload):
        """Of each of these replies field 1 is what REST gives."""
        reply = {f"{RESOURCE}/GetResource": hub_pb.GetResourceResponse,
                 f"{AGENT}/GetToken": agent_pb.GetTokenResponse}.get(
                     self.method, agent_pb.GetEvidenceResponse).FromString(payload)
        return getattr(reply, reply.DESCRIPTOR.fields_by_number[1].name)


def resource(name, code, path):
    """`path` as in a URI."""
    return Row(name, code, f"{RESOURCE}/GetResource",
               hub_pb.GetResourceRequest(ResourcePath="kbs:///" + path), "/cdh/resource/" + path)


def plugin(name, code, plugin_name, path):
    return Row(name, code, f"{RESOURCE}/GetResource",
               hub_pb.GetResourceRequest(ResourcePath=f"kbs+{plugin_name}:///{path}"),
               f"/cdh/plugin/{plugin_name}/{path}")


def evidence(name, code, data):
    encoded = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    return Row(name, code, f"{AGENT}/GetEvidence", agent_pb.GetEvidenceRequest(RuntimeData=data),
               f"/aa/evidence?encoding=base64&runtime_data={encoded}")


def token(name, code, kind):
    return Row(name, code, f"{AGENT}/GetToken", agent_pb.GetTokenRequest(TokenType=kind),
               "/aa/token?token_type=" + urllib.parse.quote(kind))


ROWS = [
    resource("a secret", OK, "app/key/main"),
    resource("no byte", OK, "app/key/empty"),
    resource("1 MiB", OK, "app/key/large"),
    resource("zeros and line ends", OK, "app/key/zeros"),
    resource("denied", DENIED, "private/key/main"),
    resource("missing", NOT_FOUND, "app/key/absent"),
    resource("missing repository", NOT_FOUND, "absent/key/main"),
    resource("a part too few", INVALID, "app/key"),
    resource("a part too many", INVALID, "app/key/main/more"),
    resource("no name", INVALID, ""),
    resource("an empty part", INVALID, "app//main"),
    resource("a slash at the end", INVALID, "app/key/"),
    resource("dots", INVALID, "app/../main"),
    resource("one dot", INVALID, "app/./main"),
    resource("escaped slash", INVALID, "app/key%2fmain"),
    resource("escaped dots", INVALID, "app/%2e%2e/main"),
    resource("escaped zero", INVALID, "app/key/main%00"),
    resource("escaped twice", INVALID, "app/key/%252e"),
    resource("semicolon", INVALID, "app/key/main;x"),
    resource("backslash", INVALID, "app/key/a%5cb"),
    resource("a long part", INVALID, "app/key/" + "k" * 5000),
    resource("a query of no known key", OK, "app/key/main?version=1"),
    plugin("a plugin", OK, "echo", "a/b?x=1&y=2"),
    plugin("a plugin in the clear", OK, "clear", "a/b"),
    plugin("a plugin that is not there", NOT_FOUND, "absent", "a/b"),
    plugin("a plugin of a bad name", INVALID, "re.source", "a/b"),
    evidence("evidence", OK, b"r" * 64),
    evidence("evidence over nothing", OK, b""),
    evidence("evidence over all bytes", OK, bytes(range(48))),
    evidence("evidence over too much", INVALID, b"r" * 65),
    Row("evidence of devices", OK, f"{AGENT}/GetAdditionalEvidence",
        agent_pb.GetAdditionalEvidenceRequest(RuntimeData=b"r"),
        "/aa/additional-evidence?runtime_data=r"),
    token("a token", OK, "kbs"),
    token("a token that is not configured", UNFIT, "coco_as"),
    token("a token of no kind", INVALID, "none"),
    token("a token of an empty kind", INVALID, ""),
]


class SameAtEachDoorTest(unittest.TestCase):
    def check(self, row):
        replies = row.ask()
        with self.subTest(row.name):
            self.assertEqual({door: code for door, (code, _) in replies.items()},
                             dict.fromkeys(replies, row.code))
            self.assertEqual(len(set(replies.values())), 1, replies)

    def test_each_row_of_the_table(self):
        self.assertGreaterEqual(len(ROWS), 30)
        for row in ROWS:
            self.check(row)

    def test_the_secret_is_the_brokers(self):
        self.assertEqual(ROWS[0].ask()["REST"], (OK, SECRET))
        self.assertEqual(ROWS[2].ask()["REST"], (OK, LARGE))

    def test_a_broker_that_is_away(self):
        SITE.broker.stop()
        self.addCleanup(SITE.broker.start)
        self.check(resource("the broker is away", UNAVAILABLE, "app/key/main"))

    def test_what_this_platform_is(self):
        asked = over_grpc(CLIENTS[0], f"{AGENT}/GetTeeType", b"")[1]
        info = json.loads(over_rest(CLIENTS[2], "/info")[1])
        self.assertEqual(info["tee"], agent_pb.GetTeeTypeResponse.FromString(asked).tee)
        self.assertEqual(over_ttrpc(CLIENTS[1], f"{AGENT}/GetTeeType", b"")[1], asked)


if __name__ == "__main__":
    unittest.main()
