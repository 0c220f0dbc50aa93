# SPDX-License-Identifier: Apache-2.0
"""Case 24: connections that say nothing, or that dawdle."""
import threading
import time

from conformance import record
from conformance.callers import CallerCase
from conformance.daemon_memory import MemoryWatch
from conformance.expect import Latecomer
from conformance.ways import GET
from support.http2_raw import PREFACE
from support.sample_site import URI
from support.ttrpc import HEADER, connect, field, frame, request_data

LIMIT_SECONDS, REST_SECONDS = 5, 10
# What may come on top: how often the daemon looks, and a busy machine.
GRACE = 1.5
CLOSED, OPEN = "closed", "open"


def ends_after(connection, most):
    """Seconds until the other side has closed, or None."""
    begin = time.monotonic()
    connection.settimeout(0.1)
    while time.monotonic() < begin + most:
        try:
            if not connection.recv(4096):
                return time.monotonic() - begin
        except TimeoutError:
            continue
        except OSError:
            return time.monotonic() - begin
    return None


class DawdlingTest(CallerCase):
    def test_case_24_connections_that_say_nothing_or_dawdle(self):
        """nothing, half a beginning, a byte a second: closed after 5 s, REST after 10; ttRPC alone
        may be idle"""
        self.open_doors()
        self.start_daemon("only", "".join(
            f'[[listener]]\npath = "{self.lab.folder}/{protocol}.sock"\nprotocol = "{protocol}"\n'
            for protocol in ("ttrpc", "grpc")))
        unix, port = self.agent.socket, self.grpc_ways[1].place
        folder = self.lab.folder
        ttrpc = frame(request_data(GET, field(1, URI)))
        head = b"GET /cdh/resource/app/key/main HTTP/1.1\r\nHost: localhost\r\nX: "
        tries = []
        for name, place in (("gRPC unix", unix), ("gRPC port", port),
                            ("gRPC unix, alone", f"{folder}/grpc.sock")):
            tries += [(f"{name}: nothing", place, b"", b"", LIMIT_SECONDS),
                      (f"{name}: half a preface", place, PREFACE[:10], b"", LIMIT_SECONDS),
                      (f"{name}: a preface alone", place, PREFACE, b"", LIMIT_SECONDS),
                      (f"{name}: a byte a second", place, b"", PREFACE, LIMIT_SECONDS)]
        for name, place in (("ttRPC unix", unix), ("ttRPC port", port),
                            ("ttRPC unix, alone", f"{folder}/ttrpc.sock")):
            tries += [(f"{name}: half a header", place, ttrpc[:5], b"", LIMIT_SECONDS),
                      (f"{name}: half a frame", place, ttrpc[:HEADER.size + 4], b"", LIMIT_SECONDS),
                      (f"{name}: a byte a second", place, ttrpc[:1], ttrpc[1:], LIMIT_SECONDS)]
        tries += [("rest: nothing", self.rest.place, b"", b"", REST_SECONDS),
                  ("rest: half a head", self.rest.place, head, b"", REST_SECONDS),
                  ("rest: a byte a second", self.rest.place, head, b"a" * 60, REST_SECONDS),
                  ("ttRPC unix, alone: nothing", f"{folder}/ttrpc.sock", b"", b"", None)]
        self.all_at_once(tries)
        self.still_served()

    def all_at_once(self, tries):
        """Each a connection of its own, since each waits for seconds."""
        memory = MemoryWatch(self.agent.process.pid)
        results = {}
        with Latecomer() as late:
            threads = [threading.Thread(target=self.dawdle, args=(results, *one)) for one in tries]
            for thread in threads:
                thread.start()
            for way in self.ways:  # the others are served meanwhile
                self.assertEqual(way.get(URI).code, "OK", way.name)
            for thread in threads:
                thread.join()
        growth = memory.growth()
        for name, *_, limit in tries:
            seconds = results.get(name)
            status = OPEN if seconds is None else CLOSED
            with self.subTest(name):
                result = record.FAILED
                try:
                    if limit is None:
                        self.assertIsNone(seconds)
                    else:
                        self.assertIsNotNone(seconds, "it is still open")
                        self.assertLessEqual(seconds, limit + GRACE + late.worst)
                    result = record.SURVIVED
                finally:
                    self.variants.append(record.Variant(name, result, status, seconds or 0.0,
                                                        growth // len(tries)))

    @staticmethod
    def dawdle(results, name, place, first, slowly, limit):
        with connect(place) as raw:
            ended = threading.Event()

            def dribble():
                for byte in slowly:
                    if ended.wait(1):
                        return
                    try:
                        raw.sendall(bytes([byte]))
                    except OSError:
                        return
            raw.sendall(first)
            writer = threading.Thread(target=dribble)
            writer.start()
            results[name] = ends_after(raw, (limit or LIMIT_SECONDS) + 2 * GRACE)
            ended.set()
            writer.join()
