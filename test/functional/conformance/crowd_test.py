# SPDX-License-Identifier: Apache-2.0
"""Cases 27 to 29: crowds of callers, callers that leave, and what time they give."""
import os
import select
import threading
import time

from conformance import record
from conformance.callers import CallerCase
from conformance.daemon_memory import MemoryWatch
from conformance.expect import OK, TIMED_OUT, UNREACHABLE
from conformance.lab import LATENESS
from conformance.ways import GET, PATIENCE, rest_target, timed, told_by_ttrpc
from support.http2_raw import CANCEL, RST_STREAM, Http2Client, call
from support.http2_raw import frame as http2_frame
from support.processes import wait_until
from support.rpc import hub_pb
from support.sample_site import SECRET, URI
from support.ttrpc import TtrpcClient, connect, field, frame, request_data

CROWD = 1000
CONNECTIONS = 10
REST_CROWD = 250  # one listener takes 256
SECONDS = 60
CAP = 60
# Of one waiting caller: gRPC's call with its arena, ttRPC's record, REST's connection.
CALLER_BYTES = 64 << 10


def rest_request():
    return b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % rest_target(URI)


class Crowd:
    """Callers who have asked for the secret, on few connections, and wait."""

    def __init__(self, way, kind, callers, connections):
        self.raw = []
        self._kind = kind
        for number in range(connections):
            mine = range(callers // connections)
            if kind == "gRPC":
                client = Http2Client(way.place)
                self.raw.append(client.socket)
                client.send(b"".join(call(2 * i + 1, GET, field(1, URI)) for i in mine))
                continue
            self.raw.append(connect(way.place))
            self.raw[number].sendall(rest_request() if kind == "REST" else b"".join(
                frame(request_data(GET, field(1, URI), SECONDS * 10**9), 2 * i + 1) for i in mine))

    def cancel(self, count):
        """The first `count` connections take their word back: by a frame where there is one."""
        for raw in self.raw[:count]:
            if self._kind == "gRPC":
                raw.sendall(http2_frame(RST_STREAM, 0, 1, CANCEL.to_bytes(4, "big")))
            else:
                raw.close()
        if self._kind != "gRPC":
            del self.raw[:count]

    def secrets(self, wanted):
        """How many secrets come, until there are as many as wanted."""
        data = {raw: b"" for raw in self.raw}
        until = time.monotonic() + SECONDS
        while sum(one.count(SECRET) for one in data.values()) < wanted:
            ready = select.select(list(data), [], [], max(0, until - time.monotonic()))[0]
            if not ready:
                break
            for raw in ready:
                more = raw.recv(1 << 16)
                if not more:
                    return -1
                data[raw] += more
        return sum(one.count(SECRET) for one in data.values())

    def close(self):
        for raw in self.raw:
            raw.close()


class CrowdTest(CallerCase):
    def setUp(self):
        super().setUp()
        self.open_doors()
        self.addCleanup(self.still_served)

    def doors(self):
        """(way, kind, callers, connections)"""
        for way in self.rpc_ways:
            yield way, way.name.split()[0], CROWD, CONNECTIONS
        yield self.rest, "REST", REST_CROWD, REST_CROWD

    def test_case_27_a_cold_crowd_costs_one_handshake_and_one_fetch(self):
        """1,000 callers at once (REST: 250) of one resource: one handshake, one GET, all served"""
        for number in range(len(self.ways)):
            # Slow enough that all have asked before the first answer.
            self.broker.faults("auth 1 delay 3000")
            self.start_daemon(f"cold{number}")
            way, kind, callers, connections = list(self.doors())[number]
            with self.subTest(way.name):
                count, memory = self.broker.counted(), MemoryWatch(self.agent.process.pid)
                before = time.monotonic()
                crowd = Crowd(way, kind, callers, connections)
                answered = crowd.secrets(callers)
                used = time.monotonic() - before
                crowd.close()
                self.assertEqual(answered, callers, self.agent.log()[-2000:])
                self.assertEqual(count(), (1, 1, 1))
                growth = memory.growth()
                self.assertLessEqual(growth, callers * CALLER_BYTES)
                self.variants.append(record.Variant(way.name, record.SURVIVED, "OK", used, growth))
            self.still_served()

    def open_files(self):
        return len(os.listdir(f"/proc/{self.agent.process.pid}/fd"))

    def test_case_28_callers_who_leave_mid_handshake_take_nobody_with_them(self):
        """half of 20, or all, cancel mid-handshake: the others are served, nothing is left"""
        files = self.open_files()
        for way, kind, _, _ in self.doors():
            for leaving in (1, 10, 20):
                with self.subTest((way.name, leaving)):
                    self.broker.faults("auth 1 delay 1500")
                    self.broker.restart()
                    count, seen = self.broker.counted(), self.tap.seen
                    crowd = Crowd(way, kind, 20, 20)
                    wait_until(lambda seen=seen: self.tap.seen != seen, "the handshake has begun")
                    time.sleep(0.3)  # into the delay
                    crowd.cancel(leaving)
                    self.assertEqual(crowd.secrets(20 - leaving), 20 - leaving)
                    crowd.close()
                    self.still_served()
                    self.assertLessEqual(count()[:2], (2, 2) if leaving == 20 else (1, 1))
                    self.note(f"{way.name}, {leaving} leave", "OK")
        self.broker.faults()
        wait_until(lambda: self.open_files() <= files + 2, "no connection is left")

    def told(self, way, timeout):
        """One GetResource, its grpc-timeout or timeout_nano as it is given."""
        def over_grpc():
            with Http2Client(way.place) as client:
                client.socket.settimeout(PATIENCE)
                client.send(call(1, GET, field(1, URI), [("grpc-timeout", timeout)]))
                status = client.status(1)
            names = {0: "OK", 4: "DEADLINE_EXCEEDED", 14: "UNAVAILABLE"}
            name = names.get(status, str(status))
            return name, "", "", SECRET if name == "OK" else b""

        def over_ttrpc():
            with TtrpcClient(way.place) as client:
                client.socket.settimeout(PATIENCE)
                client.send(GET, field(1, URI), timeout)
                code, reason, text, value = told_by_ttrpc(client.receive())
                if code == "OK":
                    value = hub_pb.GetResourceResponse.FromString(value).Resource
                return code, reason, text, value
        return timed(over_grpc if isinstance(timeout, str) else over_ttrpc)

    def test_case_29_a_deadline_that_is_over_or_nearly_is_exceeded(self):
        """1 ms, 0, negative: DEADLINE_EXCEEDED, though the broker is silent"""
        self.broker.faults("any always stall-before")
        late = TIMED_OUT
        for way in self.grpc_ways:
            for text in ("1m", "0m", "0n", "1n", "1u", "0S", "0H", "999999n"):
                self.variant(f"{way.name}: {text}", late, lambda way=way, text=text:
                             self.told(way, text), seconds=0.001, asks_broker=True)
            for seconds in (0.001, -1):  # by a client's own clock
                self.variant(f"{way.name}: {seconds}", late, lambda way=way, seconds=seconds:
                             way.get(URI, seconds), seconds=0.001, asks_broker=True)
        for way in self.ttrpc_ways:
            for nano in (10**6, 1, -1, -10**9, -(1 << 63)):
                self.variant(f"{way.name}: {nano}", late, lambda way=way, nano=nano:
                             self.told(way, nano), seconds=0.001, asks_broker=True)
        self.broker.faults()

    def test_case_29_deadlines_far_ahead_are_as_none(self):
        """the largest that can be said, and what is no time: served"""
        # gRPC has no way to say a negative time, and leaves out what is malformed.
        for way in self.grpc_ways:
            for text in ("99999999H", "99999999S", "-1S", "1", "S", "x", "999999999999S", ""):
                self.variant(f"{way.name}: {text}", OK, lambda way=way, text=text:
                             self.told(way, text), asks_broker=True)
        for way in self.ttrpc_ways:
            for nano in ((1 << 63) - 1, 10**18, 0):
                self.variant(f"{way.name}: {nano}", OK, lambda way=way, nano=nano:
                             self.told(way, nano), asks_broker=True)

    def test_case_29_without_a_deadline_the_cap_holds(self):
        """none, at each door, and a broker that drips: over after 60 s"""
        # REST has none at all. So slow a reply is no stall, and takes longer than the cap.
        self.broker.put("app/key/main", os.urandom(1 << 20))
        self.broker.faults("resource always drip 5000")
        self.addCleanup(self.broker.put, "app/key/main", SECRET)
        replies = {}

        def ask(way):
            if way is self.rest:
                replies[way.name] = way.get(URI)
            else:
                replies[way.name] = self.told(way, 0 if way in self.ttrpc_ways else "")
        threads = [threading.Thread(target=ask, args=(way,)) for way in self.ways]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for way in self.ways:
            with self.subTest(way.name):
                reply = replies[way.name]
                self.assertIn(reply.code, {code for code, _ in TIMED_OUT | UNREACHABLE})
                self.assertLessEqual(reply.seconds, CAP + LATENESS + reply.late)
                self.assertGreater(reply.seconds, CAP - 5)
                self.variants.append(record.Variant(way.name, record.SURVIVED, reply.code,
                                                    reply.seconds, 0))
        self.broker.faults()
        self.broker.put("app/key/main", SECRET)
