# SPDX-License-Identifier: Apache-2.0
"""Many requests on one connection, and many connections, leave nothing behind."""
import contextlib
import os
import random
import re
import unittest

from support.agent import UNLIMITED
from support.processes import wait_until
from support.rpc import RESOURCE, hub_pb
from support.sample_site import SECRET, URI, SampleSite
from support.ttrpc import TtrpcClient, connect, frame, request_data

SITE = None
DAEMON = None

GET = f"{RESOURCE}/GetResource"
REQUESTS = 10_000
IN_FLIGHT = 64
DROPS = 1000
IDLE = 500
# What the allocator may keep of a load that is over.
SLACK_KIB = 4096
# Of one idle client, beside what the kernel keeps for its socket.
IDLE_KIB = 4


def setUpModule():
    global SITE, DAEMON
    SITE = SampleSite(unittest.enterModuleContext(contextlib.ExitStack()))
    DAEMON = SITE.agent(SITE.tables() + UNLIMITED)
    warm_up()


def get_request(uri=URI):
    return hub_pb.GetResourceRequest(ResourcePath=uri).SerializeToString()


def count(what):
    """Entries of /proc/PID/fd or /proc/PID/task of the daemon."""
    return len(os.listdir(f"/proc/{DAEMON.process.pid}/{what}"))


def resident_kib():
    with open(f"/proc/{DAEMON.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))


def load(client, requests, in_flight=IN_FLIGHT):
    """Keeps so many requests under way until all are answered, and returns the wrong answers."""
    expected = hub_pb.GetResourceResponse(Resource=SECRET).SerializeToString()
    waiting, wrong, sent = set(), [], 0
    while sent < requests or waiting:
        while sent < requests and len(waiting) < in_flight:
            waiting.add(client.send(GET, get_request(), nano=int(30e9)))
            sent += 1
        reply = client.receive()
        waiting.remove(reply.stream)
        if (reply.code, reply.payload) != (0, expected):
            wrong.append(reply)
    return wrong


def warm_up():
    """Until the daemon has all threads and connections that it will ever want.

    Requests of one resource share a fetch, those of many take a worker each.
    """
    def crowd():
        with TtrpcClient(DAEMON.socket) as client:
            for i in range(10 * IN_FLIGHT):
                client.send(GET, get_request(f"kbs:///app/absent/r{i % IN_FLIGHT}"))
                if i >= IN_FLIGHT:
                    client.receive()
            for _ in range(IN_FLIGHT):
                client.receive()
    counts = None
    for _ in range(10):
        crowd()
        before, counts = counts, (count("fd"), count("task"))
        if counts == before:
            break


class TtrpcLoadTest(unittest.TestCase):
    def setUp(self):
        try:
            count("fd")
        except PermissionError:
            self.skipTest("only root sees the descriptors of a process that forbids dumps")

    def assert_back_at(self, before):
        for what, number in before.items():
            wait_until(lambda what=what, number=number: count(what) <= number,
                       f"{what} are {number} again")

    def test_ten_thousand_requests_on_one_connection_leave_nothing(self):
        with TtrpcClient(DAEMON.socket) as client:
            # Twice, so that the allocator has all that it will ever want.
            self.assertEqual(load(client, REQUESTS // 2), [])
            before = {what: count(what) for what in ("fd", "task")}
            resident = resident_kib()
            self.assertEqual(load(client, REQUESTS), [])
            self.assert_back_at(before)
            self.assertLessEqual(resident_kib(), resident + SLACK_KIB)

    def test_a_thousand_clients_that_leave_in_the_middle_leave_nothing(self):
        chance = random.Random(7)
        whole = frame(request_data(GET, get_request("kbs:///app/key/absent")))
        with TtrpcClient(DAEMON.socket) as client:
            self.assertEqual(load(client, 500), [])
        before, resident = {what: count(what) for what in ("fd", "task")}, 0
        for round_number in range(2):
            for _ in range(DROPS):
                with connect(DAEMON.socket) as raw:
                    raw.sendall(whole * chance.randrange(3) +
                                whole[:chance.randrange(len(whole))])
            self.assert_back_at(before)
            if round_number == 0:
                resident = resident_kib()
        self.assertLessEqual(resident_kib(), resident + SLACK_KIB)
        with TtrpcClient(DAEMON.socket) as client:
            self.assertEqual(load(client, 100), [])

    def test_idle_clients_cost_little_and_no_thread(self):
        with TtrpcClient(DAEMON.socket) as client, contextlib.ExitStack() as stack:
            self.assertEqual(load(client, 1000), [])
            before = {what: count(what) for what in ("fd", "task")}
            resident = resident_kib()
            clients = [stack.enter_context(TtrpcClient(DAEMON.socket)) for _ in range(IDLE)]
            for idle in clients:
                self.assertEqual(load(idle, 1), [])
            self.assertLessEqual(resident_kib() - resident, IDLE * IDLE_KIB)
            self.assertEqual(count("task"), before["task"])
            # A control of the counting.
            self.assertEqual(count("fd"), before["fd"] + IDLE)
            stack.close()
            self.assert_back_at(before)
            self.assertEqual(load(client, 100), [])


if __name__ == "__main__":
    unittest.main()
