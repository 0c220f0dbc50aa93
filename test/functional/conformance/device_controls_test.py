# SPDX-License-Identifier: Apache-2.0
"""The checks of the cases of devices find what they are there to find."""
import unittest
from unittest import mock

from conformance import record
from conformance.devices import DEVICE_FAILED, NONCE, OK, FakeTeeCase
from conformance.trial import Trial
from support.tee_site import TeeSite


class _Trial(Trial, FakeTeeCase):
    pass


class DeviceCheckTest(unittest.TestCase):
    def setUp(self):
        self.trial = _Trial("trial")
        self.addCleanup(self.trial.doCleanups)
        self.trial.setUp()
        site = TeeSite(self.trial.stack, "sev_guest")
        self.trial.open_tee(site, site.agent(site.tee.tables(tsm=False)))

    def result(self, expected=OK, **options):
        self.trial.variant("trial", expected, **options)
        return self.trial.variants[-1].result

    def test_a_variant_fails_by_each_of_its_checks_alone(self):
        self.assertEqual(self.result(), record.SURVIVED)
        self.assertEqual(self.result(DEVICE_FAILED), record.FAILED)
        self.assertEqual(self.result(happened=lambda: False), record.FAILED)
        self.assertEqual(self.result(judge=lambda evidence: False), record.FAILED)
        self.assertEqual(self.result(seconds=-1), record.FAILED)
        with mock.patch("conformance.devices.LIMIT", -1):
            self.assertEqual(self.result(), record.FAILED)

    def test_evidence_for_another_nonce_fails(self):
        self.trial.genuine = lambda evidence: False
        self.assertEqual(self.result(), record.FAILED)

    def test_a_log_that_holds_the_nonce_fails(self):
        def write():
            with open(self.trial.agent.process.log_path, "a", encoding="utf-8") as log:
                log.write(NONCE.hex())
        self.assertEqual(self.result(mend=write), record.FAILED)

    def test_a_fault_that_is_not_met_fails(self):
        self.trial.play("mkdir error EIO", OK)  # there is no configfs-tsm here
        self.assertEqual(self.trial.variants[-1].result, record.FAILED)

    def test_a_daemon_that_ends_fails(self):
        self.assertEqual(self.result(mend=self.trial.agent.kill), record.FAILED)
