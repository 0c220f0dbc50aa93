# SPDX-License-Identifier: Apache-2.0
"""SNP through the ioctls of /dev/sev-guest, where configfs-tsm is not there."""
import contextlib
import os
import time
import unittest

from support.processes import wait_until
from support.rpc import NOT_SERVING
from support.site import SECRET
from support.tee_site import TeeSite, load, report_data

NONCE = bytes(range(64))
VCEK = b'"cert_type":"VCEK"'


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
