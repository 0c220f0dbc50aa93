# SPDX-License-Identifier: Apache-2.0
"""A broker that plays faults, attestd before it, and the checks that hold in every case."""
import contextlib
import re
import time
import unittest

from conformance import record
from conformance.daemon_memory import LIMIT, MemoryWatch
from conformance.expect import UNREACHABLE, ask
from conformance.secrecy import leaks
from support.processes import log_from_here, wait_until
from support.sample_site import SECRET, URI, SampleSite


# Enough for two or three tries with their backoff.
SHORT = 0.5
# For what must work again: the breaker may stay open for a second.
RECOVERY = 15
LATENESS = 0.1


class ConformanceCase(unittest.TestCase):
    """Tests are named test_case_N_...; the first line of their docstring is the case's title."""

    door = "gRPC unix"  # of variants whose names tell none (record.DOORS)

    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())
        self.variants = []
        self.addCleanup(self._write)

    def _write(self):
        if self.variants:
            number = int(re.match(r"test_case_(\d+)_", self._testMethodName)[1])
            record.write(number, self.shortDescription(), self.variants, self.door)

    def open_lab(self, **options):
        """The lab and its daemon, with a session and everything in memory that it keeps."""
        lab = SampleSite(self.stack, **options)
        lab.broker.faults()
        self.lab, self.broker = lab, lab.broker
        self.agent = lab.agent()
        for _ in range(3):
            self.good(self.agent)

    def good(self, agent, uri=URI, secret=SECRET):
        with agent.client() as client:
            reply = ask(client, uri, RECOVERY)
        self.assertEqual((reply.code, reply.value), ("OK", secret),
                         reply.text + agent.log()[-2000:])
        return reply

    def check(self, name, expected, happened, agent=None, uri=URI, seconds=SHORT, value=SECRET,
              mend=None, recovered=True):
        """One variant: asks, and checks all that holds in each case.

        `happened` says, when called, whether the other side saw what it should: the fault truly
        occurred. `mend` ends the fault.
        """
        agent = agent or self.agent
        with self.subTest(name):
            log = log_from_here(agent)
            status, seconds_used, growth = "none", 0.0, 0
            result = record.FAILED
            try:
                memory = MemoryWatch(agent.process.pid)
                reply = self._ask(agent, uri, seconds, expected)
                growth = memory.growth()
                status, seconds_used = reply.code, reply.seconds
                self._judge(reply, expected, seconds, value, log)
                self.assertTrue(happened(), f"the other side saw something else: {reply}")
                self.assertLessEqual(growth, LIMIT, "memory growth")
                if mend is not None:
                    mend()
                self._still_there(agent, log, recovered)
                result = record.SURVIVED
            finally:
                self.variants.append(record.Variant(name, result, status, seconds_used, growth))

    @staticmethod
    def _ask(agent, uri, seconds, expected):
        """One request; where tries may end in UNAVAILABLE, up to three.

        The waits between tries have jitter: now and then the last one ends at the deadline itself,
        and the client's own clock is first.
        """
        with agent.client() as client:
            for _ in range(3 if UNREACHABLE <= expected and seconds <= SHORT else 1):
                reply = ask(client, uri, seconds)
                if reply.code != "DEADLINE_EXCEEDED":
                    break
        return reply

    def _judge(self, reply, expected, seconds, value, log):
        self.assertIn((reply.code, reply.reason), expected, reply.text + "\n" + log())
        self.assertEqual(reply.value, value if reply.code == "OK" else b"")
        self.assertEqual(leaks(reply.text), [])
        self.assertLessEqual(reply.seconds, seconds + LATENESS + reply.late, "past the deadline")

    def _still_there(self, agent, log, recovered):
        self.assertTrue(agent.process.running(), agent.log())
        if recovered:
            self.good(agent)
        self.assertEqual(leaks(log()), [])

    def play(self, rule, expected, name=None, fresh=None, least=1, **options):
        """A variant that is a rule of the broker's script.

        The broker forgets the session before what only a handshake meets: `fresh`, by default for
        rules of auth and attest.
        """
        endpoint = rule.split()[0]
        fresh = endpoint in ("auth", "attest") if fresh is None else fresh
        self.broker.faults(rule)
        if fresh:
            self.broker.restart()
        try:
            self.check(name or rule, expected, lambda: self.broker.met(rule) >= least,
                       mend=self.broker.faults, **options)
        finally:
            self.broker.faults()
            if self.variants[-1].result == record.FAILED:  # not to spoil the next one
                with contextlib.suppress(AssertionError):
                    self.good(agent=options.get("agent", self.agent))

    @contextlib.contextmanager
    def trying(self, name, status="OK"):
        """A variant that is all of the block, whatever it does."""
        result, begin = record.FAILED, time.monotonic()
        with self.subTest(name):
            try:
                yield
                result = record.SURVIVED
            finally:
                self.variants.append(record.Variant(name, result, status,
                                                    time.monotonic() - begin, 0))

    def note(self, name, status):
        """A variant that went well and is no request."""
        self.variants.append(record.Variant(name, record.SURVIVED, status, 0.0, 0))

    def not_run(self, name, why):
        """A variant that cannot be tried here."""
        self.variants.append(record.Variant(f"{name}: {why}", record.NOT_RUN, "", 0.0, 0))
        print(f"not run: {name}: {why}", flush=True)

    def wait(self, condition, what, seconds=RECOVERY):
        return wait_until(condition, what, seconds)
