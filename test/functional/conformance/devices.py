# SPDX-License-Identifier: Apache-2.0
"""Cases of devices: attestd on a stand-in that lies, and the checks that hold in every case."""
import contextlib
import re

from conformance import record
from conformance.daemon_memory import ALLOCATOR_SLACK, REPLY_CAP, MemoryWatch
from conformance.lab import LATENESS, RECOVERY, ConformanceCase
from conformance.secrecy import leaks
from conformance.ways import GrpcWay
from support.processes import log_from_here, wait_until
from support.rpc import AGENT, NOT_SERVING, agent_pb
from support.tee_site import report_data

NONCE = bytes(range(64))
GET_EVIDENCE = f"{AGENT}/GetEvidence"
OK = {("OK", "")}
DEVICE_FAILED = {("FAILED_PRECONDITION", "DEVICE_FAILED")}
DEVICE_MISSING = {("FAILED_PRECONDITION", "DEVICE_MISSING")}
BUSY = {("UNAVAILABLE", "BUSY")}
UNAVAILABLE = {("UNAVAILABLE", "DEVICE_FAILED")}
TIMED_OUT = {("DEADLINE_EXCEEDED", "DEADLINE"), ("DEADLINE_EXCEEDED", "")}
SHORT = 0.3
# Evidence is a reply.
LIMIT = 2 * REPLY_CAP + ALLOCATOR_SLACK
# The broker is never reached in these cases.
NO_BROKER = '[[kbs]]\nurl = "https://127.0.0.1:1"\n'
# Long words that may be in a log: our directories of configfs-tsm, and GUIDs.
_ALLOWED = re.compile(r"attestd-\d+-\d+-[0-9a-f]{16}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def unpack(reply):
    """The same reply with the evidence, in JSON, as its value."""
    if reply.code != "OK":
        return reply
    return reply._replace(value=agent_pb.GetEvidenceResponse.FromString(reply.value).Evidence)


def ask_evidence(agent, seconds=10, data=NONCE):
    request = agent_pb.GetEvidenceRequest(RuntimeData=data).SerializeToString()
    return unpack(GrpcWay("gRPC unix", agent.socket).call(GET_EVIDENCE, request, seconds))


def carries_nonce(evidence, nonce=NONCE):
    return report_data(evidence) == nonce


class DeviceCase(ConformanceCase):
    """Tests are named as ConformanceCase has it. self.agent is the daemon."""

    nonce = NONCE
    # Whether evidence in JSON is what was asked for.
    genuine = staticmethod(carries_nonce)

    def evidence(self, agent=None):
        """Good evidence, once the device is well."""
        agent = agent or self.agent

        def is_there():
            reply = ask_evidence(agent, data=self.nonce)
            return reply if reply.code == "OK" else None
        reply = wait_until(is_there, f"evidence: {agent.log()[-2000:]}", RECOVERY)
        self.assertTrue(self.genuine(reply.value))
        return reply.value

    def variant(self, name, expected, happened=lambda: True, judge=lambda evidence: True,
                mend=lambda: None, words=(), agent=None, seconds=2, tries=1):
        """One request for evidence and all that holds in each case. `expected` has (code, reason)
        pairs of which one must come; evidence is what was asked for, and passes `judge` in JSON.
        `happened` says whether the fault occurred, `words` are in the log, `mend` ends the fault.
        Where another request may meet the fault, `tries` of them may be made.
        """
        agent = agent or self.agent
        with self.subTest(name):
            log, reply, growth = log_from_here(agent), None, 0
            result = record.FAILED
            try:
                memory = MemoryWatch(agent.process.pid)
                for _ in range(tries):
                    reply = ask_evidence(agent, seconds, self.nonce)
                    if (reply.code, reply.reason) in expected and happened():
                        break
                growth = memory.growth()
                self._judge(reply, expected, judge, seconds, log)
                self.assertTrue(happened(), f"the fault did not occur: {reply}")
                self.assertLessEqual(growth, LIMIT, "memory growth")
                for word in words:
                    wait_until(lambda w=word: w in log(), f"the log says {word}: {log()}", 5)
                mend()
                self.evidence(agent)
                self.assertTrue(agent.process.running(), agent.log())
                self.assert_secret(log())
                result = record.SURVIVED
            finally:
                status, used = (reply.code, reply.seconds) if reply else ("none", 0.0)
                self.variants.append(record.Variant(name, result, status, used, growth))
                if result == record.FAILED:  # not to spoil the next one
                    with contextlib.suppress(AssertionError):
                        mend()

    def _judge(self, reply, expected, judge, seconds, log):
        self.assertIn((reply.code, reply.reason), expected, f"{reply.text}\n{log()}")
        if reply.code == "OK":
            self.assertTrue(self.genuine(reply.value), "evidence for something else")
            self.assertTrue(judge(reply.value), reply.value[:2000])
        else:
            self.assertEqual(reply.value, b"")
            self.assertNotIn("/", reply.text.replace("[request", ""))  # no path of the machine
        self.assertLessEqual(reply.seconds, seconds + LATENESS + reply.late, "past the deadline")

    def assert_secret(self, log):
        self.assertEqual(leaks(_ALLOWED.sub("", log)), [])
        self.assertNotIn(self.nonce.hex(), log)

    def starts_ill(self, name, agent, *words):
        """A variant: attestd on a device of no use serves, is not ready and says why."""
        with self.subTest(name):
            result, reply = record.FAILED, None
            try:
                agent.launch()
                agent.wait_for_health(NOT_SERVING)
                wait_until(lambda: all(word in agent.log() for word in words),
                           f"the log names {words}: {agent.log()}")
                reply = ask_evidence(agent, 2, self.nonce)
                self.assertIn((reply.code, reply.reason),
                              DEVICE_MISSING | DEVICE_FAILED | TIMED_OUT | UNAVAILABLE,
                              agent.log())
                self.assertEqual(reply.value, b"")
                self.assertEqual(agent.process.stop(), 0)
                result = record.SURVIVED
            finally:
                self.variants.append(record.Variant(f"start: {name}", result,
                                                    reply.code if reply else "none",
                                                    reply.seconds if reply else 0.0, 0))
                agent.kill()


class FakeTeeCase(DeviceCase):
    """self.tee is the stand-in; `device` and `tsm` say by what attestd reaches it."""

    provider, device, tsm = "sev_guest", True, False
    place = "sev-guest"  # what faults count as

    def open_tee(self, site, agent):
        self.site, self.tee, self.agent = site, site.tee, agent

    def play(self, fault, expected, name=None, least=1, most=None, **options):
        """A variant that is a fault of test/fuse/fault_plan.h; without a count, for ever. Where it
        is played, `least` to `most` requests come."""
        words = fault.split()
        if len(words) == 3:
            fault += " always"
        # The daemon itself looks at a device that failed each second; one that is well it leaves.
        self.tee.control("clear")
        self.evidence()
        self.tee.control("clear", fault)
        counted = words[0]
        self.variant(name or " ".join(words[:3]), expected,
                     happened=lambda: least <= self.tee.count(counted) <= (most or 10**6),
                     mend=lambda: self.tee.control("clear"), **options)
        wait_until(lambda: self.tee.reports() == [], "no report directory is left")
