# SPDX-License-Identifier: Apache-2.0
"""Evidence is good for the session whose nonce it carries, and for no other."""
import unittest

from support.guest import Guest, attestation, make_public_jwk, report_data
from support.processes import log_from_here, wait_for_log
from support.site import open_site

SITE = None
RESOURCE = "app/key/main"


def setUpModule():
    global SITE
    SITE = open_site()


class ReplayTest(unittest.TestCase):
    def setUp(self):
        self.jwk = make_public_jwk(SITE.folder)

    def session(self):
        guest = Guest(SITE.broker)
        self.addCleanup(guest.close)
        guest.authenticate()
        return guest

    def attest(self, guest):
        """An attestation for the guest's session, with evidence from attestd."""
        return attestation(guest.nonce, self.jwk,
                           SITE.evidence(report_data(guest.nonce, self.jwk)))

    def assert_refused(self, guest, message, cause):
        log = log_from_here(SITE.broker)
        status, reply = guest.attest(message)
        self.assertEqual(status, 401)
        self.assertNotIn("token", reply)
        wait_for_log(log, cause)
        self.assertEqual(guest.get(RESOURCE)[0], 401)

    def test_fresh_evidence_is_accepted(self):
        guest = self.session()
        status, reply = guest.attest(self.attest(guest))
        self.assertEqual(status, 200, reply)
        self.assertIn("token", reply)
        status, jwe = guest.get(RESOURCE)
        self.assertEqual(status, 200)
        self.assertEqual(sorted(jwe), ["ciphertext", "encrypted_key", "iv", "protected", "tag"])

    def test_an_attestation_of_one_session_is_refused_in_another(self):
        first = self.session()
        recorded = self.attest(first)
        self.assertEqual(first.attest(recorded)[0], 200)
        self.assert_refused(self.session(), recorded, "refused: nonce is not the session's")

    def test_old_evidence_under_a_new_nonce_is_refused(self):
        first = self.session()
        recorded = self.attest(first)
        self.assertEqual(first.attest(recorded)[0], 200)
        second = self.session()
        evidence = recorded["tee-evidence"]["primary_evidence"]
        self.assert_refused(second, attestation(second.nonce, self.jwk, evidence),
                            "refused evidence of tpm: report_data")

    def test_evidence_for_one_key_is_refused_with_another(self):
        guest = self.session()
        message = self.attest(guest)
        message["runtime-data"]["tee-pubkey"] = make_public_jwk(SITE.folder)
        self.assert_refused(guest, message, "refused evidence of tpm: report_data")

    def test_a_session_without_attestation_gets_nothing(self):
        self.assertEqual(self.session().get(RESOURCE)[0], 401)
