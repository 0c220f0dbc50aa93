# SPDX-License-Identifier: Apache-2.0
"""SNP through the ioctls of /dev/sev-guest, where configfs-tsm is not there."""
import contextlib
import os
import time
import unittest

from support.agent import Agent
from support.fake_tee import NOWHERE, FakeTee
from support.processes import log_from_here, wait_for_log, wait_until
from support.rpc import NOT_SERVING, failure, grpc
from support.site import SECRET, work_folder
from support.tee_site import TeeSite, load, report_data

NONCE = bytes(range(64))
VCEK = b'"cert_type":"VCEK"'
# The broker is never reached here.
NO_BROKER = '[[kbs]]\nurl = "https://127.0.0.1:1"\n'


class SevGuestTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.site = TeeSite(stack, "sev_guest")
        cls.tee = cls.site.tee
        cls.agent = cls.site.agent(cls.tee.tables(tsm=False))

    def setUp(self):
        self.tee.control("clear")
        # After a failure the daemon itself looks at the device each second, and could meet a fault
        # that is meant for a request. One that succeeds ends that.
        self.evidence()
        self.tee.control("clear")

    def evidence(self, seconds=None):
        with self.agent.client() as client:
            return client.get_evidence(NONCE, seconds)

    def check_refusal(self, *words):
        log = log_from_here(self.agent)
        code, text = failure(self.evidence)
        self.assertEqual(code, grpc.StatusCode.FAILED_PRECONDITION, text)
        self.assertRegex(text, "TEE device")
        self.assertNotIn(self.tee.mount, text)
        wait_for_log(log, self.tee.path("sev-guest"), *words, seconds=5)

    def test_a_secret_is_delivered(self):
        outcome = self.agent.get("app/key/main")
        self.assertEqual((outcome.exit, outcome.out), (0, SECRET), outcome.err)
        self.assertEqual(self.tee.count("mkdir"), 0)

    def test_evidence_carries_nonce_and_certificates(self):
        evidence = self.evidence()
        self.assertEqual(report_data(evidence), NONCE)
        self.assertIn(VCEK, evidence)

    def test_requests_of_four_processes_get_no_wrong_nonce(self):
        self.assertEqual(load([self.agent], 200), (200, 0))

    def test_case_70_a_bad_certificate_table_costs_the_certificates_only(self):
        self.tee.control("sev-guest garbage 1 1")
        evidence = self.evidence()
        self.assertEqual(report_data(evidence), NONCE)
        self.assertNotIn(VCEK, evidence)
        self.assertIn(VCEK, self.evidence())

    def test_case_71_a_host_that_lies_about_the_certificates_length(self):
        for lie in ("0", "1", "4096", "0xfffff000", "0xffffffff"):
            with self.subTest(lie):
                self.tee.control("clear", f"sev-guest certs-len {lie} 2")
                evidence = self.evidence()
                self.assertEqual(report_data(evidence), NONCE)
                self.assertNotIn(VCEK, evidence)
                # Two for the certificates, one without.
                self.assertLessEqual(self.tee.count("sev-guest"), 3)

    def test_case_71_a_length_that_changes_is_tried_once_more(self):
        self.tee.control("sev-guest certs-len 8192 1")
        evidence = self.evidence()
        self.assertEqual(report_data(evidence), NONCE)
        self.assertIn(VCEK, evidence)

    def test_case_72_what_passes_is_tried_again_inside_the_deadline(self):
        for fault in ("error EAGAIN", "error EINTR", "error EBUSY", "vmm-error 2"):
            with self.subTest(fault):
                self.tee.control("clear", f"sev-guest {fault} 3")
                self.assertEqual(report_data(self.evidence(seconds=10)), NONCE)
                self.assertGreaterEqual(self.tee.count("sev-guest"), 4)

    def test_case_72_a_host_that_stays_busy_ends_at_the_deadline(self):
        self.tee.control("sev-guest error EBUSY always")
        code, _ = failure(self.evidence, seconds=0.5)
        self.assertEqual(code, grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_case_72_what_does_not_pass_is_refused_by_device_and_cause(self):
        for fault, words in (("error EIO", ("Input/output error",)),
                             ("error EINVAL", ("Invalid argument",)),
                             ("fw-error 0x16", ("0x16",)),
                             ("fw-error-ok 0x16", ("0x16",)),
                             ("vmm-error 7", ("7",))):
            with self.subTest(fault):
                word, value = fault.split()
                self.tee.control("clear", f"sev-guest {word} {value} 1000")
                self.check_refusal("SNP_GET_", *words)

    def test_case_73_a_report_over_another_nonce_is_not_sent(self):
        self.tee.control("sev-guest wrong-nonce 1 1000")
        self.check_refusal("report_data is not what was asked for")

    def test_case_74_a_disabled_key_is_named_shown_and_not_asked_for_in_a_spin(self):
        self.tee.control("sev-guest error ENOTTY always")
        self.check_refusal("VMPCK")
        self.agent.wait_for_health(NOT_SERVING)
        before = self.tee.count("sev-guest")
        begin = time.monotonic()
        wait_until(lambda: self.tee.count("sev-guest") > before, "it is looked at again")
        wait_until(lambda: time.monotonic() - begin > 1, "a second passes")
        self.assertLess(self.tee.count("sev-guest") - before, 10)


class Case84Test(unittest.TestCase):
    """A node that is missing, of another type, or not ours to open."""

    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())
        self.folder = work_folder(self.stack)

    def refused(self, device, *words):
        """attestd with this device names it and the cause, and waits."""
        tables = (f'[tee]\nbackend = "snp"\n[snp]\ntsm_root = "{NOWHERE}"\n'
                  f'device = "{device}"\n' + NO_BROKER)
        agent = Agent(self.folder, tables)
        self.stack.callback(agent.kill)
        agent.launch()
        agent.wait_for_health(NOT_SERVING)
        wait_until(lambda: all(word in agent.log() for word in (device,) + words),
                   f"the log names {words}: {agent.log()}")
        outcome = agent.ctl("get-evidence", "--runtime-data", "00")
        self.assertEqual((outcome.exit, outcome.out), (5, b""), outcome.err)

    def test_case_84_a_missing_node(self):
        self.refused(f"{NOWHERE}/sev-guest", "No such file")

    def test_case_84_a_link_to_a_plain_file(self):
        plain = os.path.join(self.folder, "plain")
        with open(plain, "wb") as file:
            file.write(b"not a device")
        link = os.path.join(self.folder, "sev-guest")
        os.symlink(plain, link)
        self.refused(link, "SNP_GET_REPORT")

    def test_case_84_a_folder(self):
        self.refused(self.folder, "directory")

    def test_case_84_a_node_that_may_not_be_opened(self):
        tee = FakeTee(self.folder, "sev_guest")
        self.stack.callback(tee.stop)
        # The test is run by root, whom no permission bit stops.
        tee.control("open error EACCES always")
        self.refused(tee.path("sev-guest"), "Permission denied")


class InitDataTest(unittest.TestCase):
    def test_a_device_that_fails_is_asked_again_and_one_that_has_answered_is_not(self):
        site = TeeSite(self.enterContext(contextlib.ExitStack()), "sev_guest")
        init_data = os.path.join(site.folder, "initdata.toml")
        with open(init_data, "w", encoding="ascii") as file:
            file.write('version = "0.1.0"\nalgorithm = "sha256"\n[data]\n')
        site.tee.control("sev-guest error EIO")
        agent = site.agent(site.tee.tables(tsm=False) + f'[init_data]\nfile = "{init_data}"\n',
                           start=False)
        agent.launch()
        # A failure of the device says nothing about what is bound.
        wait_until(lambda: "HOSTDATA" in agent.log(), "the answer is in the log")
        self.assertRegex(agent.log(), r"not ready[^\n]*sev-guest")
        agent.wait_for_health(NOT_SERVING)
        site.tee.control("clear")
        time.sleep(2.5)  # two more looks at the platform
        self.assertEqual(site.tee.count("sev-guest"), 0)
