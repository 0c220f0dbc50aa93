# SPDX-License-Identifier: Apache-2.0
"""What fails, is given up or is never read leaves nothing either.

memfd_secret is denied, so that the scan sees secret memory too.
"""
import contextlib
import http.client
import socket
import unittest

from memory.lab import GET, Lab, MemoryTest, resource, without_memfd_secret
from support.http2_raw import Http2Client, call
from support.processes import wait_until
from support.rpc import grpc, hub_pb
from support.ttrpc import TtrpcClient, TtrpcError

LAB = None
SECONDS = 2
# More than the kernel's buffers of a connection take.
PIPELINED = 12

BROKEN = ("resource always jwe-flip ciphertext 9", "resource always jwe-flip tag 1",
          "resource always jwe-wrap flip", "resource always jwe-wrap cek-length",
          "resource always jwe-other-key", "resource always jwe-header zip DEF")


def setUpModule():
    global LAB
    LAB = Lab(unittest.enterModuleContext(contextlib.ExitStack()), launch=without_memfd_secret)
    LAB.broker.put("private/key/main", LAB.secrets["small"])
    LAB.broker.faults()


def request(name):
    return hub_pb.GetResourceRequest(ResourcePath=f"kbs:///{name}").SerializeToString()


def fails(name):
    """Asks over each door; how often that failed."""
    failed = 0
    with LAB.agent.client() as client:
        try:
            client.get_resource(f"kbs:///{name}", seconds=SECONDS)
        except grpc.RpcError:
            failed += 1
    with TtrpcClient(LAB.agent.socket) as client:
        try:
            client.raw(GET, request(name), seconds=SECONDS)
        except TtrpcError:
            failed += 1
    connection = http.client.HTTPConnection(LAB.rest_address, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", f"/cdh/resource/{name}")
        return failed + (connection.getresponse().status != 200)


def rest_socket(window=None):
    raw = socket.socket()
    if window is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    host, port = LAB.rest_address.split(":")
    raw.connect((host, int(port)))
    return raw


def rest_request(name):
    return f"GET /cdh/resource/{name} HTTP/1.1\r\nHost: {LAB.rest_address}\r\n\r\n".encode()


@contextlib.contextmanager
def stalled(door):
    """A client that asks for the large secret and reads nothing."""
    with contextlib.ExitStack() as stack:
        if door == "grpc":
            client = stack.enter_context(Http2Client(LAB.agent.socket))
            client.send(call(1, GET, request(resource("large"))))
        elif door == "ttrpc":
            client = stack.enter_context(TtrpcClient(LAB.agent.socket))
            client.send(GET, request(resource("large")))
        else:
            raw = stack.enter_context(rest_socket(window=4096))
            raw.sendall(rest_request(resource("large")) * PIPELINED)
        yield


class FailuresTest(MemoryTest):
    def setUp(self):
        self.addCleanup(LAB.broker.faults)

    def assert_nothing_anywhere(self, state):
        """Nor in secret memory: what is there is wiped when it is let go of."""
        def delivered():
            scanned = LAB.scan()
            self.assert_nothing(scanned, state)
            return {name for name in scanned.inside if not name.startswith(("cookie", "token"))}
        wait_until(lambda: not delivered(), f"{state}: secret memory is wiped: {delivered()}")

    def test_refused_and_absent(self):
        for name in (resource("absent"), "private/key/main"):
            self.assertEqual(fails(name), 3, name)
        self.assert_nothing_anywhere("refused")
        LAB.broker.write_policy("allowed_tees = []\n")
        LAB.broker.restart()
        self.assertEqual(fails(resource("small")), 3)
        LAB.broker.write_policy('allowed_tees = ["sample"]\ndenied_resources = ["private/*"]\n')
        LAB.broker.restart()
        self.assert_nothing_anywhere("evidence refused")

    def test_what_does_not_decrypt(self):
        for rule in BROKEN:
            with self.subTest(rule):
                LAB.broker.faults(rule)
                self.assertEqual(fails(resource("page")), 3)
                self.assertGreater(LAB.broker.met(rule), 0)
                self.assert_nothing_anywhere(rule)

    def test_who_gives_up_while_the_broker_works(self):
        rule = "resource always delay 500"
        LAB.broker.faults(rule)
        for _ in range(3):
            with LAB.agent.client() as client:
                asked = client.begin(GET, request(resource("small")))
                with TtrpcClient(LAB.agent.socket) as other, rest_socket() as third:
                    other.send(GET, request(resource("small")))
                    third.sendall(rest_request(resource("small")))
                    wait_until(lambda: LAB.broker.met(rule), "the broker is asked")
                asked.cancel()
        LAB.broker.faults()
        self.assertEqual(LAB.over_grpc("small", 1), 1)
        self.assert_nothing_anywhere("cancelled")

    def test_who_leaves_in_the_middle(self):
        for _ in range(5):
            for door in ("grpc", "ttrpc", "rest"):
                with stalled(door):
                    pass
            with TtrpcClient(LAB.agent.socket) as client:
                client.send(GET, request(resource("large")))
                client.socket.recv(65536)
        self.assert_nothing_anywhere("left in the middle")

    def test_a_client_that_never_reads_leaves_its_reply_in_secret_memory_alone(self):
        for door in ("grpc", "ttrpc", "rest"):
            with self.subTest(door):
                with stalled(door):
                    wait_until(lambda: LAB.scan().inside["secret-large"] > 0,
                               f"{door}: the reply waits")
                    self.assert_nothing(LAB.scan(), f"stalled over {door}")
                self.assert_nothing_anywhere(f"no longer stalled over {door}")
