# SPDX-License-Identifier: Apache-2.0
"""What the broker refuses stays refused, and each caller learns which step said no."""
import contextlib
import unittest

from support.agent import SAMPLE_TABLES, Agent, broker_table
from support.processes import log_from_here, run, wait_for_log
from support.rpc import SERVING, error_info
from support.site import PCR, SECRET, Site, open_site

SITE = None


def setUpModule():
    global SITE
    SITE = open_site()


class RefusalTest(unittest.TestCase):
    def assert_refused(self, outcome, text):
        """Exit status 3, nothing on standard output, one line that says `text`."""
        self.assertEqual((outcome.exit, outcome.out), (3, b""), outcome.err)
        self.assertEqual(outcome.err.count("\n"), 1, outcome.err)
        self.assertIn(text, outcome.err)

    def test_a_denied_resource_costs_one_get_and_no_handshake(self):
        self.assertEqual(SITE.agent.get("app/key/main").out, SECRET)
        count = SITE.broker.counted()
        self.assert_refused(SITE.agent.get("private/key/main"), "policy denied")
        self.assertEqual(count(), (0, 0, 1))

    def test_a_missing_resource_costs_one_get_and_no_handshake(self):
        self.assertEqual(SITE.agent.get("app/key/main").out, SECRET)
        count = SITE.broker.counted()
        missing = SITE.agent.get("app/key/absent")
        self.assertEqual((missing.exit, missing.out), (4, b""))
        self.assertIn("no such resource", missing.err)
        self.assertEqual(count(), (0, 0, 1))

    def test_a_program_reads_the_reason_and_finds_the_cause_in_the_log(self):
        log = log_from_here(SITE.agent)
        with SITE.agent.client() as client:
            for path, reason in (("private/key/main", "ACCESS_DENIED"),
                                 ("app/key/absent", "RESOURCE_NOT_FOUND")):
                with self.subTest(path):
                    info = error_info(client.get_resource, f"kbs:///{path}")
                    self.assertEqual((info.domain, info.reason), ("attestd", reason))
                    wait_for_log(log, f"request={info.metadata['request']}")

    def test_an_untrusted_attestation_key_is_refused(self):
        key = f"{SITE.folder}/other.key"
        run(["openssl", "genpkey", "-algorithm", "RSA", "-out", key])
        run(["openssl", "pkey", "-in", key, "-pubout", "-out", f"{SITE.folder}/other.pem"])
        SITE.set_policy(["other.pem"])
        self.addCleanup(SITE.set_policy, ["ak.pem"])
        log = log_from_here(SITE.broker)
        self.assert_refused(SITE.agent.get("app/key/main"), "the broker refused the evidence")
        wait_for_log(log, "refused evidence of tpm: ak.trusted")

    def test_a_tee_type_that_the_policy_does_not_allow_is_refused(self):
        sample = Agent(SITE.folder,
                       SAMPLE_TABLES + broker_table(SITE.broker.url, SITE.broker.ca_file),
                       name="sample")
        self.addCleanup(sample.kill)
        sample.start()
        log = log_from_here(SITE.broker)
        self.assert_refused(sample.get("app/key/main"), "the broker refused the evidence")
        wait_for_log(log, "refused evidence of sample")
        # The same daemon is served where the policy allows it: nothing else was in the way.
        SITE.set_policy(["ak.pem"], allowed_tees=("sample",))
        self.addCleanup(SITE.set_policy, ["ak.pem"])
        self.assertEqual(sample.get("app/key/main").out, SECRET)
        self.assertIn("SAMPLE EVIDENCE", sample.log())
        self.assertIn("SAMPLE EVIDENCE", sample.ctl("status").out.decode())


class StateTest(unittest.TestCase):
    """Changes the TPM for good, hence a site of its own."""

    def test_a_machine_in_another_state_is_refused_at_the_next_handshake(self):
        site = Site(self.enterContext(contextlib.ExitStack()))
        self.assertEqual(site.agent.get("app/key/main").out, SECRET)
        site.tpm.extend(PCR)
        site.broker.restart()
        log = log_from_here(site.broker)
        refused = site.agent.get("app/key/main")
        self.assertEqual((refused.exit, refused.out), (3, b""))
        self.assertEqual(refused.err.count("\n"), 1, refused.err)
        self.assertIn("the broker refused the evidence", refused.err)
        wait_for_log(log, f"refused evidence of tpm: pcr.{PCR}")
        self.assertEqual(site.agent.health(), SERVING)

