# SPDX-License-Identifier: Apache-2.0
"""SNP and TDX through configfs-tsm, on stand-ins of the devices."""
import contextlib
import os
import threading
import unittest

from support.fake_tee import NOWHERE, TEES, kill_hard
from support.processes import log_from_here, wait_for_log, wait_until
from support.rpc import NOT_SERVING, failure, grpc
from support.site import SECRET
from support.tee_site import TeeSite, load, report_data

NONCE = bytes(range(64))
VCEK = b'"cert_type":"VCEK"'

# WHERE WHAT VALUE of faults that pass with another try.
TRANSIENT = ("outblob error EBUSY", "outblob error EINTR", "outblob error EAGAIN",
             "outblob error ETIMEDOUT", "generation stale 1", "mkdir error EEXIST")


class TsmCases:
    """The cases of both platforms."""

    provider = None

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.site = TeeSite(cls.stack, cls.provider)
        cls.tee = cls.site.tee
        cls.agent = cls.site.agent(cls.tee.tables(device=False))

    def setUp(self):
        self.tee.control("clear")
        # After a failure the daemon itself looks at the device each second, and could meet a fault
        # that is meant for a request. One that succeeds ends that.
        self.evidence()
        self.tee.control("clear")

    def evidence(self, seconds=None):
        with self.agent.client() as client:
            return client.get_evidence(NONCE, seconds)

    def test_a_secret_is_delivered(self):
        outcome = self.agent.get("app/key/main")
        self.assertEqual((outcome.exit, outcome.out), (0, SECRET), outcome.err)
        self.assertEqual(self.agent.ctl("tee").out.decode(), TEES[self.provider] + "\n")
        self.assertEqual(self.tee.reports(), [])

    def test_evidence_carries_the_nonce_of_its_request(self):
        self.assertEqual(report_data(self.evidence()), NONCE)
        self.assertEqual(self.tee.reports(), [])

    def test_a_thousand_requests_of_four_processes_get_no_wrong_nonce(self):
        self.assertEqual(load([self.agent], 1000), (1000, 0))
        self.assertEqual(self.tee.reports(), [])

    def test_transient_errors_are_tried_again_inside_the_deadline(self):
        for fault in TRANSIENT:
            with self.subTest(fault):
                self.tee.control("clear", f"{fault} 3")
                self.assertEqual(report_data(self.evidence(seconds=10)), NONCE)
                self.assertGreaterEqual(self.tee.count("mkdir"), 4)

    def test_a_device_that_stays_busy_ends_at_the_deadline(self):
        self.tee.control("outblob error EBUSY always")
        code, _ = failure(self.evidence, seconds=0.5)
        self.assertEqual(code, grpc.StatusCode.DEADLINE_EXCEEDED)

    def check_refusal(self, fault, *words):
        """The caller gets a constant text, the log device, step and cause."""
        self.tee.control("clear", fault)
        log = log_from_here(self.agent)
        code, text = failure(self.evidence)
        self.assertEqual(code, grpc.StatusCode.FAILED_PRECONDITION, text)
        self.assertNotIn(self.tee.mount, text)
        self.assertRegex(text, "TEE device")
        wait_for_log(log, self.tee.reports_root, *words, seconds=5)
        # The daemon itself may be looking whether the device is well again.
        wait_until(lambda: self.tee.reports() == [], "nothing is left")

    def test_a_permanent_error_is_refused_by_device_step_and_cause(self):
        for fault, words in (
                ("outblob error ENXIO 1000", ("reading", "outblob", "no provider")),
                ("outblob error EIO 1000", ("reading", "outblob", "Input/output error")),
                ("outblob empty 1 1000", ("reading", "outblob", "no quote service")),
                ("outblob huge 104857600 1000", ("reading", "outblob", "more than")),
                ("inblob error EFBIG 1000", ("writing", "inblob", "larger than")),
                ("mkdir error ENOSPC 1000", ("mkdir", "room")),
                ("provider text other_guest 1000", ("provider", "other_guest", self.provider))):
            with self.subTest(fault):
                self.check_refusal(fault, *words)

    def test_a_wrong_nonce_never_leaves(self):
        self.check_refusal("outblob wrong-nonce 1 1000", "failed the check before sending")

    def test_after_an_error_the_next_request_is_served(self):
        self.tee.control("outblob error EIO 1")
        failure(self.evidence)
        self.assertEqual(report_data(self.evidence()), NONCE)


class SnpTest(TsmCases, unittest.TestCase):
    provider = "sev_guest"

    def test_the_hosts_certificates_go_along_and_bad_ones_are_dropped(self):
        self.assertIn(VCEK, self.evidence())
        for fault in ("auxblob garbage 1", "auxblob huge 1000000", "auxblob error EIO"):
            with self.subTest(fault):
                self.tee.control("clear", f"{fault} 1")
                evidence = self.evidence()
                self.assertEqual(report_data(evidence), NONCE)
                self.assertNotIn(VCEK, evidence)

    def test_four_daemons_share_one_root(self):
        agents = [self.site.agent(name=f"daemon{i}") for i in range(4)]
        self.assertEqual(load(agents, 400), (400, 0))
        self.assertEqual(self.tee.reports(), [])
        for agent in agents:
            self.assertEqual(agent.process.stop(), 0)


class TdxTest(TsmCases, unittest.TestCase):
    provider = "tdx_guest"


class LeftoversTest(unittest.TestCase):
    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())

    def test_case_76_a_killed_daemon_leaves_nothing_once_the_next_one_runs(self):
        for provider in TEES:
            with self.subTest(provider):
                site = TeeSite(self.stack, provider)
                agent = site.agent()
                stranger = os.path.join(site.tee.reports_root, "stranger")
                os.mkdir(stranger)
                site.tee.control("outblob delay 700 1")
                asked = threading.Thread(target=agent.ctl, args=("get-evidence", "--runtime-data",
                                                                 "00"))
                asked.start()
                wait_until(lambda: len(site.tee.reports()) == 2, "a request is under way")
                kill_hard(agent.process)
                asked.join()
                left = [name for name in site.tee.reports() if name != "stranger"]
                self.assertEqual(len(left), 1, left)
                self.assertIn(str(agent.process.pid), left[0])
                agent.start()
                self.assertEqual(site.tee.reports(), ["stranger"])


class AbsentTest(unittest.TestCase):
    def test_case_75_an_absent_interface_is_named(self):
        site = TeeSite(self.enterContext(contextlib.ExitStack()), "tdx_guest")
        agent = site.agent(site.tee.tables(tsm=False), start=False)
        agent.launch()
        agent.wait_for_health(NOT_SERVING)
        wait_until(lambda: "CONFIG_TSM_REPORTS" in agent.log(), "the log says what to do")
        self.assertIn(f"{NOWHERE}/tsm/report", agent.log())
