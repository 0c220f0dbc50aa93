# SPDX-License-Identifier: Apache-2.0
"""SNP and TDX through configfs-tsm, on stand-ins of the devices."""
import contextlib
import unittest

from support.fake_tee import TEES
from support.rpc import failure
from support.site import SECRET
from support.tee_site import TeeSite, load, report_data

NONCE = bytes(range(64))
VCEK = b'"cert_type":"VCEK"'


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

    def test_after_an_error_the_next_request_is_served(self):
        self.tee.control("outblob error EIO 1")
        failure(self.evidence)
        self.assertEqual(report_data(self.evidence()), NONCE)


class SnpTest(TsmCases, unittest.TestCase):
    provider = "sev_guest"

    def test_the_hosts_certificates_go_along(self):
        self.assertIn(VCEK, self.evidence())

    def test_four_daemons_share_one_root(self):
        agents = [self.site.agent(name=f"daemon{i}") for i in range(4)]
        self.assertEqual(load(agents, 400), (400, 0))
        self.assertEqual(self.tee.reports(), [])
        for agent in agents:
            self.assertEqual(agent.process.stop(), 0)


class TdxTest(TsmCases, unittest.TestCase):
    provider = "tdx_guest"
