# SPDX-License-Identifier: Apache-2.0
"""Case 25: replies that nobody reads."""
import os
import socket
import time

from conformance import record
from conformance.callers import CallerCase
from conformance.daemon_memory import ALLOCATOR_SLACK, REPLY_CAP, MemoryWatch
from conformance.ways import GET
from support.http2_raw import PREFACE, SETTINGS, call
from support.http2_raw import frame as http2_frame
from support.processes import wait_until
from support.sample_site import URI, SampleSite
from support.ttrpc import connect, field, frame, request_data


class UnreadTest(CallerCase):
    """A reply of the largest size to a caller with the smallest buffer, who does not read it."""

    CALLERS = 8

    def test_case_25_replies_that_are_not_read(self):
        """a large reply that nobody reads: the buffer is one reply, and gone with the caller"""
        site = SampleSite(self.stack)
        site.broker.put("app/big/one", b"x" * (REPLY_CAP // 2))
        self.open_doors(site=site)
        big = "kbs:///app/big/one"
        for way in self.ways:  # it is there, and everybody's first reply is behind them
            self.assertEqual(way.get(big).code, "OK", way.name)
        ttrpc_request = frame(request_data(GET, field(1, big)))
        rest = b"GET /cdh/resource/app/big/one HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self.unread("ttRPC unix", self.agent.socket, ttrpc_request)
        self.unread("ttRPC port", self.ttrpc_ways[1].place, ttrpc_request)
        self.unread("rest", self.rest.place, rest)
        request = PREFACE + http2_frame(SETTINGS) + call(1, GET, field(1, big))
        self.unread("gRPC unix", self.agent.socket, request)
        self.unread("gRPC port", self.grpc_ways[1].place, request)
        self.still_served()
        self.dropped({"ttRPC unix": (self.agent.socket, ttrpc_request),
                      "rest": (self.rest.place, rest)})
        self.not_run("gRPC: dropped in the end", "the library keeps what one stream's window lets "
                     "through, 64 KiB, until the connection ends")

    def dropped(self, tries):
        """After 60 s, the cap of a call: the connection has ended, and the others' have not."""
        before = self.settled()
        stuck, begin = [], time.monotonic()
        for place, request in tries.values():
            stuck.append(self.small(place))
            stuck[-1].sendall(request)
        wait_until(lambda: descriptors(self.agent) >= before + len(stuck), "all are there")
        with self.subTest("dropped"):
            result = record.FAILED
            try:
                wait_until(lambda: descriptors(self.agent) <= before, "both have ended", 65)
                self.assertGreater(time.monotonic() - begin, 30)
                result = record.SURVIVED
            finally:
                for name in tries:
                    self.variants.append(record.Variant(f"{name}: dropped", result, "OK",
                                                        time.monotonic() - begin, 0))
        for one in stuck:
            one.close()

    def settled(self):
        """The daemon's descriptors once those of connections that have ended are closed."""
        count, since = descriptors(self.agent), time.monotonic()
        while time.monotonic() < since + 2:
            time.sleep(0.1)
            if descriptors(self.agent) != count:
                count, since = descriptors(self.agent), time.monotonic()
        return count

    def unread(self, name, place, request):
        with self.subTest(name):
            result, growth, begin = record.FAILED, 0, time.monotonic()
            try:
                memory, before = MemoryWatch(self.agent.process.pid), resident(self.agent)
                stuck = [self.small(place) for _ in range(self.CALLERS)]
                for one in stuck:
                    one.sendall(request)
                time.sleep(1)
                growth = memory.growth()
                # Each holds its reply, once as it came and once as it is sent.
                self.assertLessEqual(growth, 2 * self.CALLERS * REPLY_CAP + ALLOCATOR_SLACK)
                for way in self.ways:
                    reply = way.get(URI)
                    self.assertEqual(reply.code, "OK", f"{way.name}: {reply.text}")
                    self.assertLessEqual(reply.seconds, 1 + reply.late)
                for one in stuck:
                    one.close()
                wait_until(lambda: resident(self.agent) < before + 2 * REPLY_CAP,
                           f"the memory is given back: {resident(self.agent)}, {before}")
                result = record.SURVIVED
            finally:
                self.variants.append(record.Variant(name, result, "OK", time.monotonic() - begin,
                                                    growth))

    @staticmethod
    def small(place):
        raw = connect(place)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        return raw


def descriptors(agent):
    return len(os.listdir(f"/proc/{agent.process.pid}/fd"))


def resident(agent):
    with open(f"/proc/{agent.process.pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) << 10
