# SPDX-License-Identifier: Apache-2.0
"""Case 22: floods of HTTP/2, ttRPC and HTTP/1.1 from one caller, while others are served."""
import contextlib
import statistics
import threading
import time

from conformance import record
from conformance.callers import PROBE, CallerCase
from conformance.daemon_memory import MemoryWatch
from conformance.expect import Latecomer
from conformance.ways import GET, TtrpcWay, read_answer
from support.http2_raw import (ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY,
                               HEADERS, PING, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS,
                               WINDOW_UPDATE, Http2Client, call, frame, literal, number,
                               request_block)
from support.processes import log_from_here
from support.sample_site import SECRET, URI
from support.site import work_folder
from support.ttrpc import HungUp, connect, field, request_data
from support.ttrpc import frame as ttrpc_frame

MIB = 1 << 20
# What one caller makes the daemon hold: gRPC's quota; ttRPC's unread replies, 16 MiB of small ones,
# each with its allocation; and slack.
GRPC_LIMIT, TTRPC_LIMIT, REST_LIMIT = 32 * MIB, 64 * MIB, 8 * MIB
LOG_LIMIT = 8 * MIB  # a line for each call that fails, of which one flood has 30,000
PATIENCE = 10  # for one flood; what does not take it in that time has stopped reading
IDLE_ASKS = 20
WORSE, SLACK = 5, 0.1  # others: so many times idle, and seconds beside


def endless(data, total):
    """`data` over and over, in pieces for sendall, about `total` bytes."""
    piece = data * max(1, (1 << 16) // len(data))
    for _ in range(max(1, total // len(piece))):
        yield piece


def rapid_reset():
    block = request_block(GET)
    stop = CANCEL.to_bytes(4, "big")
    for first in range(0, 30_000, 100):
        yield b"".join(
            frame(HEADERS, END_HEADERS, 2 * i + 1, block) + frame(RST_STREAM, 0, 2 * i + 1, stop)
            for i in range(first, first + 100))


def calls_reset():
    """Whole calls, each taken back at once."""
    stop = CANCEL.to_bytes(4, "big")
    for first in range(0, 10_000, 100):
        yield b"".join(call(2 * i + 1, GET, field(1, URI)) + frame(RST_STREAM, 0, 2 * i + 1, stop)
                       for i in range(first, first + 100))


def continuation():
    yield frame(HEADERS, 0, 1, request_block(GET))
    yield from endless(frame(CONTINUATION, 0, 1, literal("x-more", PROBE) * 500), 64 * MIB)


def empty_continuation():
    yield frame(HEADERS, 0, 1, request_block(GET))
    yield from endless(frame(CONTINUATION, 0, 1), 4 * MIB)


def hpack_bomb():
    """4,000 bytes in the table, named 16,000 times in each block: 64 MB of headers in 16 KiB."""
    yield frame(HEADERS, END_HEADERS | END_STREAM, 1,
                request_block(GET) + literal("x", "y" * 3900, indexed=True))
    for stream in range(3, 203, 2):
        yield frame(HEADERS, END_HEADERS | END_STREAM, stream, b"\xbe" * 16_000)


HTTP2 = {
    "rapid reset": rapid_reset, "calls reset": calls_reset, "continuation": continuation,
    "empty continuation": empty_continuation, "HPACK bomb": hpack_bomb,
    "settings": lambda: endless(frame(SETTINGS), 2 * MIB),
    "settings of many": lambda: endless(frame(SETTINGS, 0, 0, bytes.fromhex("000300000064") * 1000),
                                        16 * MIB),
    "pings": lambda: endless(frame(PING, 0, 0, bytes(8)), 2 * MIB),
    "window updates": lambda: endless(frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1"), 2 * MIB),
    "window over its limit": lambda: endless(frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"), 99),
    "priorities": lambda: endless(frame(PRIORITY, 0, 1, b"\0\0\0\3\x10"), 2 * MIB),
    "empty data": lambda: [frame(HEADERS, END_HEADERS, 1, request_block(GET))] + list(
        endless(frame(DATA, 0, 1), 2 * MIB)),
    "goaway": lambda: endless(frame(GOAWAY, 0, 0, bytes(8)), MIB),
    "unknown frames": lambda: endless(frame(0xbb, 0, 0, b"x" * 100), 4 * MIB),
    "push": lambda: endless(frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2\x82"), MIB),
    "huge number": lambda: [frame(HEADERS, END_HEADERS, 1, b"\x7f" + b"\xff" * 16_000)],
    "huge string": lambda: [frame(HEADERS, END_HEADERS, 1,
                                  b"\x00" + number((1 << 31) - 1, 7) + b"x" * 100)]}

REQUEST = b"GET /info HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = b"POST /aa/aael HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
HTTP1 = {
    "a head without end": lambda: [REQUEST] + list(endless(b"x-more: y\r\n", 4 * MIB)),
    "one long header": lambda: [REQUEST + b"x: "] + list(endless(PROBE.encode(), 4 * MIB)),
    "a long target": lambda: [b"GET /"] + list(endless(b"a", 4 * MIB)),
    "empty lines": lambda: endless(b"\r\n", 4 * MIB),
    "10,000 parameters": lambda: [b"GET /aa/token?" + b"a=b&" * 2500 + b" HTTP/1.1\r\nHost: "
                                  b"localhost\r\n\r\n"],
    "chunk extensions": lambda: [CHUNKED] + list(endless(b"1;" + b"x" * 1000 + b"\r\na\r\n",
                                                         4 * MIB)),
    "one long extension": lambda: [CHUNKED + b"1;"] + list(endless(b"x=y;", 4 * MIB)),
    "chunks of a byte": lambda: [CHUNKED] + list(endless(b"1\r\na\r\n", 4 * MIB)),
    "a huge chunk": lambda: [CHUNKED + b"ffffffffffffffff\r\n"] + list(endless(b"a", 4 * MIB)),
    "trailers": lambda: [CHUNKED + b"0\r\n"] + list(endless(b"x: y\r\n", 4 * MIB)),
    "100,000 requests": lambda: endless(REQUEST + b"\r\n", 4 * MIB)}

UNKNOWN = ttrpc_frame(request_data("no.Service/Method", b"x"))
TTRPC = {
    "unknown methods, unread": lambda: endless(UNKNOWN, 32 * MIB),
    "secrets, unread": lambda: (ttrpc_frame(request_data(GET, field(1, URI)), 2 * i + 1)
                                for i in range(20_000)),
    "other types": lambda: endless(ttrpc_frame(b"x" * 100, 1, 9), 16 * MIB),
    "responses": lambda: endless(ttrpc_frame(b"", 1, 2), 4 * MIB),
    "empty requests": lambda: endless(ttrpc_frame(b""), 4 * MIB),
    "too long": lambda: endless(ttrpc_frame(bytes(1 << 20)), 32 * MIB)}


class Others:
    """Someone else who asks for the secret, over and over, and how long that takes."""

    def __init__(self, way):
        self.seconds, self.wrong = [], 0
        self._way, self._ended = way, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def ask(self):
        reply = self._way.get(URI)
        self.wrong += reply.value != SECRET
        return reply.seconds

    def _run(self):
        while True:
            self.seconds.append(self.ask())
            if self._ended.is_set():
                return

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()


class FloodTest(CallerCase):
    def setUp(self):
        super().setUp()
        # Who floods is held back; somebody else is not.
        path = f"{work_folder(self.stack)}/others.sock"
        self.open_doors(f'[[listener]]\npath = "{path}"\n')
        self.addCleanup(self.still_served)
        self.others = TtrpcWay("others", path)
        others = Others(self.others)
        self.idle = statistics.median(others.ask() for _ in range(IDLE_ASKS))

    def flood(self, name, open_connection, pieces, limit, after=None):
        """One caller sends `pieces`; memory, log, and what others notice."""
        with self.subTest(name):
            log, memory = log_from_here(self.agent), MemoryWatch(self.agent.process.pid)
            result, growth, before = record.FAILED, 0, time.monotonic()
            try:
                with Latecomer() as late, Others(self.others) as others:
                    state = self.send(open_connection, pieces, after)
                growth = memory.growth()
                self.assertEqual(others.wrong, 0, self.agent.log()[-2000:])
                self.assertLessEqual(statistics.median(others.seconds),
                                     WORSE * self.idle + SLACK + late.worst)
                if limit is not None:
                    self.assertLessEqual(growth, limit, "memory growth")
                self.assertTrue(self.agent.process.running(), self.agent.log())
                self.assert_no_word_of(log())
                self.assertLess(len(log()), LOG_LIMIT, "the log is flooded")
                result = record.SURVIVED
            finally:
                self.variants.append(record.Variant(name, result, state, time.monotonic() - before,
                                                    growth))

    @staticmethod
    def send(open_connection, pieces, after):
        """"closed" by the server, "not read" any more, or "taken"."""
        with open_connection() as client:
            raw = getattr(client, "socket", client)
            raw.settimeout(PATIENCE)
            try:
                for piece in pieces:
                    raw.sendall(piece)
            except TimeoutError:
                return "not read"
            except OSError:
                return "closed"
            return after(client) if after else "taken"

    def test_case_22_floods_of_http2_leave_others_served(self):
        """rapid reset, settings, pings, continuation, HPACK bomb: closed or bounded"""
        for way in self.grpc_ways:
            for name, pieces in HTTP2.items():
                self.flood(f"{way.name}: {name}", lambda way=way: Http2Client(way.place), pieces(),
                           GRPC_LIMIT, self.http2_end)

    @staticmethod
    def http2_end(client):
        with contextlib.suppress(TimeoutError, OSError):
            client.socket.settimeout(1)
            try:
                while True:
                    client.receive()
            except HungUp:
                return "closed"
        return "bounded"

    def test_case_22_metadata_above_8_kib_is_refused(self):
        """a header of 9 KiB to 60 KiB: refused, and one of 4 KiB is served"""
        for way in self.grpc_ways:
            for size, served in ((4 << 10, True), (9 << 10, False), (60 << 10, False)):
                with self.subTest((way.name, size)):
                    block = request_block(GET, [("x-more", "m" * size)])
                    parts = [block[i:i + 16_000] for i in range(0, len(block), 16_000)]
                    ends = [0] * (len(parts) - 1) + [END_HEADERS]
                    with Http2Client(way.place) as client:
                        self.acknowledge(client)
                        client.send(b"".join(
                            frame(CONTINUATION if i else HEADERS, ends[i], 1, part)
                            for i, part in enumerate(parts)) + frame(
                                DATA, END_STREAM, 1, b"\0\0\0\0" + bytes([len(field(1, URI))]) +
                                field(1, URI)))
                        try:
                            status = client.status(1)
                        except HungUp:
                            status = "closed"
                    self.assertEqual(status == 0, served, status)
                    self.note(f"{way.name}: {size}", "OK" if served else "refused")

    @staticmethod
    def acknowledge(client):
        """gRPC 1.51 keeps to its limits once they are acknowledged."""
        while client.receive()[:2] != (SETTINGS, 0):
            pass
        client.send(frame(SETTINGS, ACK))

    def test_case_22_floods_of_ttrpc_leave_others_served(self):
        """answers that nobody reads, frames of other types, too long: closed or bounded"""
        for way in self.ttrpc_ways:
            for name, pieces in TTRPC.items():
                self.flood(f"{way.name}: {name}", lambda way=way: connect(way.place), pieces(),
                           TTRPC_LIMIT)

    def test_case_22_floods_of_http1_leave_others_served(self):
        """heads, chunks and trailers without end, 100,000 requests: refused or closed"""
        for name, pieces in HTTP1.items():
            self.flood(f"rest: {name}", self.rest.connect, pieces(), REST_LIMIT)

    def test_case_22_a_hundred_requests_at_once_are_answered_in_turn(self):
        """100 requests in one piece: 100 answers, in their order"""
        with self.rest.connect() as raw:
            raw.sendall(b"".join(
                b"GET /aa/evidence?runtime_data=%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % i
                if i % 2 else b"GET /cdh/resource/app/key/main HTTP/1.1\r\nHost: localhost\r\n\r\n"
                for i in range(100)))
            reader = raw.makefile("rb")
            for i in range(100):
                self.assertTrue(reader.readline().startswith(b"HTTP/1.1 200"), i)
                size = 0
                while (line := reader.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split(b":")[1])
                body = reader.read(size)
                self.assertEqual(body == SECRET, i % 2 == 0, i)
        self.note("rest: 100 requests", "OK")

    def test_case_22_clients_that_dawdle_keep_nobody_out(self):
        """250 connections of a few bytes each: others are served at each door"""
        with contextlib.ExitStack() as stack:
            slow = [stack.enter_context(self.rest.connect()) for _ in range(250)]
            for raw in slow:
                raw.sendall(b"GE")
            for byte in b"T /info":
                for raw in slow:
                    raw.sendall(bytes([byte]))
            self.still_served()
            for raw in slow[:20]:
                raw.sendall(b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                self.assertEqual(read_answer(raw)[0], "OK")
        self.note("rest: 250 that dawdle", "OK")
