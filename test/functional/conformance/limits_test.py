# SPDX-License-Identifier: Apache-2.0
"""Cases 23 and 26: too many connections, no descriptors, too many requests."""
import contextlib
import os
import resource
import statistics
import threading
import time
import unittest

from conformance import record
from conformance.callers import HUNG_UP_ON, CallerCase
from conformance.daemon_memory import MemoryWatch
from conformance.expect import OK
from conformance.ways import GET, GrpcWay, TtrpcWay
from support.processes import free_ports, wait_until
from support.sample_site import SECRET, URI
from support.site import work_folder
from support.ttrpc import TtrpcClient, connect, field

MIB = 1 << 20
FEW = 40


class ConnectionsTest(CallerCase):
    def setUp(self):
        super().setUp()
        folder, address = work_folder(self.stack), f"127.0.0.1:{free_ports()}"
        self.crowded, self.quiet = f"{folder}/crowded.sock", f"{folder}/quiet.sock"
        self.open_doors(
            f"[limits]\nconnections = {FEW}\n"
            f'[[listener]]\npath = "{self.crowded}"\nprincipal = "crowded"\nallow = ["*"]\n'
            f'[[listener]]\naddress = "{address}"\nprotocol = "rest"\nprincipal = "crowded"\n'
            f'[[listener]]\npath = "{self.quiet}"\nprincipal = "quiet"\nallow = ["*"]\n')
        self.other = TtrpcWay("another principal", self.quiet)
        self.mine = TtrpcWay("the same principal", self.crowded)
        self.rest_address = address

    @staticmethod
    def lives(client):
        client.setblocking(False)
        try:
            return client.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def test_case_23_connections_beyond_the_cap(self):
        """hung up on beyond the cap; others are served; again within 1 s when they are released"""
        began = b"\0\0"  # a frame of ttRPC has begun, so that no other takes its place
        for name, place, first in (("unix", self.crowded, began), ("REST", self.rest_address, b"G")):
            with contextlib.ExitStack() as stack:
                memory = MemoryWatch(self.agent.process.pid)
                clients = []
                for _ in range(10 * FEW):
                    client = stack.enter_context(connect(place))
                    clients.append(client)
                    with contextlib.suppress(OSError):
                        client.sendall(first)
                wait_until(lambda clients=clients: sum(map(self.lives, clients)) <= FEW,
                           "those beyond the cap are hung up on")
                alive = sum(map(self.lives, clients))
                self.assertGreater(alive, FEW // 2)
                self.variants.append(record.Variant(f"{name}: {10 * FEW} connections",
                                                    record.SURVIVED, f"{alive} open", 0.0,
                                                    memory.growth()))
                self.variant(f"{name}: another principal", OK, lambda: self.other.get(URI),
                             asks_broker=True)
                self.variant(f"{name}: the same", HUNG_UP_ON, lambda: self.mine.get(URI))
            self.again(name)

    def again(self, name):
        before = time.monotonic()
        while self.mine.get(URI).code != "OK":
            self.assertLess(time.monotonic() - before, max(1, os.getloadavg()[0] / os.cpu_count()),
                            "not served again within 1 s, or more where others share the processors")
        self.variants.append(record.Variant(f"{name}: released", record.SURVIVED, "OK",
                                            time.monotonic() - before, 0))

    def test_case_23_no_descriptors_left(self):
        """EMFILE: whoever comes is hung up on; served again within 1 s"""
        pid = self.agent.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (60, limits[1]))
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(place)) for place in
                       (self.crowded, self.quiet, self.agent.socket) for _ in range(30)]
            for client in clients:
                with contextlib.suppress(OSError):
                    client.sendall(b"\0\0")
            wait_until(lambda: not all(map(self.lives, clients)), "somebody is hung up on")
            self.note("90 connections and 60 descriptors",
                      f"{sum(map(self.lives, clients))} open")
        self.again("no descriptors")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        self.still_served()


class RequestsTest(CallerCase):
    def setUp(self):
        super().setUp()
        folder = work_folder(self.stack)
        self.greedy, self.quiet = f"{folder}/greedy.sock", f"{folder}/quiet.sock"
        self.open_doors(
            "[limits]\nrequests_per_second = 50\nburst = 200\n"
            f'[[listener]]\npath = "{self.greedy}"\nprincipal = "greedy"\nallow = ["*"]\n'
            f'[[listener]]\npath = "{self.quiet}"\nprincipal = "quiet"\nallow = ["*"]\n')

    def test_case_26_requests_beyond_the_rate(self):
        """RESOURCE_EXHAUSTED for whoever asks too often; others are served as before"""
        other, memory = TtrpcWay("another principal", self.quiet), MemoryWatch(self.agent.process.pid)
        idle = statistics.median(other.get(URI).seconds for _ in range(20))
        stop, codes = threading.Event(), {}

        def ask():
            with TtrpcClient(self.greedy) as client:
                while not stop.is_set():
                    try:
                        client.raw(GET, field(1, URI))
                        code = "OK"
                    except Exception as error:  # pylint: disable=broad-except
                        code = getattr(getattr(error, "reply", None), "code", "HUNG_UP")
                    codes[code] = codes.get(code, 0) + 1

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        times = []
        for _ in range(60):
            reply = other.get(URI)
            self.assertEqual((reply.code, reply.value), ("OK", SECRET), reply.text)
            times.append(reply.seconds)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(set(codes), {"OK", 8}, codes)
        self.assertGreater(codes[8], codes["OK"])
        self.assertLess(statistics.median(times), 10 * idle + 0.1)
        self.assertLess(memory.growth(), 16 * MIB)
        self.variants.append(record.Variant(f"ttRPC: {codes[8]} refused, {codes['OK']} served",
                                            record.SURVIVED, "RESOURCE_EXHAUSTED", 0.0,
                                            memory.growth()))
        time.sleep(0.1)
        for way in (GrpcWay("gRPC", self.greedy), TtrpcWay("ttRPC", self.greedy)):
            self.variant(f"{way.name}: a little later", OK, lambda way=way: way.get(URI),
                         asks_broker=True)


if __name__ == "__main__":
    unittest.main()
