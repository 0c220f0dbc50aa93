# SPDX-License-Identifier: Apache-2.0
"""Case 86: each allocation of a request fails in its turn; no wrong answer, and whoever dies is back."""
import collections
import mmap
import os
import signal
import struct
import time
import unittest

from conformance import record
from conformance.lab import ConformanceCase
from support.processes import binary, wait_until
from support.rpc import RESOURCE, SERVING, Client, grpc
from support.sample_site import SECRET, SampleSite
from support.ttrpc import HungUp, TtrpcClient, TtrpcError, field

LIBRARY = binary("libattestd-failing-malloc.so")
# No secret. CANCELLED, UNKNOWN and UNIMPLEMENTED are gRPC's own, of a stream that it could not go on
# with, or whose method's name it could not keep; DEADLINE_EXCEEDED the client's, whose reply gRPC lost.
HONEST = {"DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL", "UNAVAILABLE", "CANCELLED", "UNKNOWN", "UNIMPLEMENTED"}
CODES = {code.value[0]: code.name for code in grpc.StatusCode}
# gRPC 1.51 aborts, and the threads that accept and read end by std::terminate: systemd starts the
# daemon anew, which has nothing to repair. No other signal: nothing writes where it must not.
CLEAN_ENDS = {-signal.SIGABRT, 1}


class FailingAllocations:
    """Which allocation of a process fails next."""

    def __init__(self, path):
        with open(path, "wb") as file:
            file.write(bytes(8))
        with open(path, "r+b") as file:
            self._page = mmap.mmap(file.fileno(), 8)

    def fail(self, number):
        self._page[:] = struct.pack("<q", number)

    def failed(self):
        """Whether it has come to that."""
        return struct.unpack("<q", self._page[:])[0] <= 0


@unittest.skipUnless(os.path.exists(LIBRARY), "the library is not built")
class AllocationTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.site = SampleSite(self.stack)
        self.broker = self.site.broker
        path = os.path.join(self.site.folder, "allocations")
        self.allocations = FailingAllocations(path)
        self.env = {**os.environ, "LD_PRELOAD": LIBRARY, "ATTESTD_FAILING_MALLOC": path}
        self.agent = self.site.agent(env=self.env)
        self.asked = 0

    def uri(self):
        """Another resource each time: what one request left behind is not what the next one meets."""
        self.asked += 1
        self.broker.put(f"app/key/a{self.asked}", SECRET)
        return f"kbs:///app/key/a{self.asked}"

    def ask_grpc(self):
        with Client(self.agent.socket, seconds=10) as client:
            try:
                return client.get_resource(self.uri())
            except grpc.RpcError as error:
                return error.code().name

    def ask_ttrpc(self):
        try:
            with TtrpcClient(self.agent.socket) as client:
                client.socket.settimeout(10)
                reply = client.raw(f"{RESOURCE}/GetResource", field(1, self.uri()))
                return SECRET if reply == field(1, SECRET) else reply
        except TtrpcError as error:
            return CODES[error.reply.code]
        except (OSError, HungUp):
            return "UNAVAILABLE"

    def come_back(self):
        begin = time.monotonic()
        self.agent.launch(self.env)
        self.agent.wait_for_health(SERVING)
        return time.monotonic() - begin

    def after(self, outcome, number):
        """What became of the daemon, which is back when this returns."""
        if outcome != SECRET:
            self.assertIn(outcome, HONEST, f"allocation {number}")
        wait_until(lambda: not self.agent.process.running() or self.ask_ttrpc() == SECRET,
                   f"after allocation {number} it serves or has ended: {self.agent.log()[-500:]}")
        if self.agent.process.running():
            return "answered" if outcome == SECRET else outcome
        end = self.agent.process.wait()
        self.assertIn(end, CLEAN_ENDS, f"allocation {number}: {self.agent.log()[-500:]}")
        self.come_back()
        return "ended"

    def walk(self, ask, step):
        """Outcomes by number of the allocation that failed, until a request needs no more."""
        outcomes = collections.Counter()
        for number in range(1, 5000, step):
            wait_until(lambda: ask() == SECRET, f"it serves: {self.agent.log()[-500:]}")
            self.allocations.fail(number)
            outcome = ask()
            reached = self.allocations.failed()
            self.allocations.fail(0)
            # What is let go of behind an answer needs memory too.
            outcomes[self.after(outcome, number)] += 1
            if not reached:
                print(f"{ask.__name__}: fewer than {number} allocations, every {step}.: {dict(outcomes)}")
                return number, outcomes
        raise AssertionError("a request that allocates without end")

    def record(self, door, outcomes):
        for outcome, count in sorted(outcomes.items()):
            if outcome == "ended":
                self.not_run(f"{door}: {count} allocations", "the library or thread that needed them "
                             "ends the process, which is back within a second")
            else:
                self.variants.append(record.Variant(f"{door}: {count} allocations", record.SURVIVED,
                                                    "OK" if outcome == "answered" else outcome, 0.0, 0))

    def test_case_86_an_allocation_of_a_request_fails_over_ttrpc(self):
        """every allocation of a request in turn: refused or answered, never wrong"""
        _, outcomes = self.walk(self.ask_ttrpc, 5)
        self.record("ttRPC unix", outcomes)
        # The control: allocations did fail, and most of those of a request are told to its caller.
        self.assertGreater(outcomes["RESOURCE_EXHAUSTED"], 3)

    def test_case_86_an_allocation_of_a_request_fails_over_grpc(self):
        """every 25th allocation of a request in turn: gRPC ends the process, which is back"""
        _, outcomes = self.walk(self.ask_grpc, 25)
        self.record("gRPC unix", outcomes)
        self.assertGreater(outcomes["ended"] + outcomes["RESOURCE_EXHAUSTED"], 3)

    def test_case_86_a_daemon_that_ended_is_back(self):
        """killed for want of memory: back within a second, no state is damaged"""
        os.kill(self.agent.process.pid, signal.SIGABRT)
        self.assertEqual(self.agent.process.wait(), -signal.SIGABRT)
        seconds = self.come_back()
        share = max(1, os.getloadavg()[0] / os.cpu_count())
        self.assertLess(seconds, 1 * share)
        wait_until(lambda: self.ask_ttrpc() == SECRET, "it serves")
        self.variants.append(record.Variant("start: after SIGABRT", record.SURVIVED, "OK", seconds, 0))


if __name__ == "__main__":
    unittest.main()
