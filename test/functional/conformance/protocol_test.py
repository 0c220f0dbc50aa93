# SPDX-License-Identifier: Apache-2.0
"""Cases 50 to 58: what a broker may say in the KBS protocol, and must not."""
import os

from conformance.expect import DENIED, MISSING, OK, REFUSED, REJECTED, TOO_LONG
from conformance.lab import ConformanceCase
from conformance.secrecy import MARK
from support.rpc import error_info

ENDPOINTS = ("auth", "attest", "resource")


class RefusalTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.open_lab()

    def exit_code(self, resource="app/key/main"):
        outcome = self.agent.get(resource)
        self.assertEqual((outcome.out, outcome.err.count("\n")), (b"", 1), outcome.err)
        return outcome.exit

    def test_case_50_a_refused_session_gets_exactly_one_fresh_handshake(self):
        """401 on resource: one fresh handshake, then UNAUTHENTICATED, no loop"""
        rule = "resource always status 401"
        self.broker.faults(rule)
        count = self.broker.counted()
        self.check(rule, REFUSED, lambda: count() == (1, 1, 2), recovered=False)
        self.assertEqual(self.exit_code(), 3)
        self.broker.faults()
        self.good(self.agent)

    def test_case_51_refused_evidence_is_unauthenticated(self):
        """401 on auth or attest, by the wire or by policy: UNAUTHENTICATED, exit 3"""
        for endpoint in ("auth", "attest"):
            self.play(f"{endpoint} always status 401", REFUSED)
        self.broker.write_policy('allowed_tees = ["tpm"]\n')
        self.broker.restart()
        count = self.broker.counted()
        self.check("a policy without this TEE", REFUSED, lambda: count()[1] >= 1, recovered=False)
        self.assertEqual(self.exit_code(), 3)

    def test_case_52_denied_and_missing_have_codes_of_their_own(self):
        """403: PERMISSION_DENIED or UNAUTHENTICATED; 404: NOT_FOUND; exits 3 and 4"""
        self.play("resource always status 403", DENIED)
        self.play("attest always status 403", REFUSED)
        self.play("resource always status 404", MISSING)
        self.broker.put("private/key/main", b"never given")
        for name, expected, code in (("private/key/main", DENIED, 3),
                                     ("app/key/absent", MISSING, 4)):
            count = self.broker.counted()
            self.check(name, expected, lambda seen=count: seen() == (0, 0, 1), uri=f"kbs:///{name}")
            self.assertEqual(self.exit_code(name), code)

    def test_case_53_a_200_that_is_no_reply_is_rejected(self):
        """200 with HTML, nothing or half of the JSON: INTERNAL, without a word of it"""
        empty = os.path.join(self.lab.folder, "empty")
        with open(empty, "wb"):
            pass
        html = f"<html><body>{MARK}</body></html>".encode().hex()
        half = ('{"nonce":"' + MARK).encode().hex()
        for endpoint in ENDPOINTS:
            for name, body in (("HTML", html), ("empty", empty), ("half", half),
                               ("null", b"null".hex()), ("array", b"[]".hex()),
                               ("NULs", "00" * 64)):
                self.play(f"{endpoint} always body {body}", REJECTED, name=f"{endpoint} {name}")


class ChallengeTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.open_lab()

    def set_nonce(self, name, value, expected):
        self.play(f"auth always json-set /nonce {value}", expected, name=name)

    def test_case_54_a_nonce_that_is_none_is_rejected(self):
        """nonce missing, empty, short, huge, no string, repeated: INTERNAL, no evidence made"""
        count = self.broker.counted()
        missing = b'{"extra-params":""}'.hex()
        self.play(f"auth always body {missing}", REJECTED, name="missing")
        for name, value in (("empty", '""'), ("one byte", '"QQ=="'), ("number", "17"),
                            ("null", "null"), ("list", "[]"), ("object", "{}")):
            self.set_nonce(name, value, REJECTED)
        self.set_nonce("500 KiB", '"' + "A" * (500 << 10) + '"', REJECTED)
        # Each good request after a variant attested once; no variant did.
        self.assertEqual(count()[1], len(self.variants))

    def test_case_54_a_repeated_nonce_is_rejected(self):
        """a nonce that came before: INTERNAL, no evidence made"""
        self.broker.restart()  # its first nonce is of the next handshake
        self.good(self.agent)
        rule = "auth always repeat-nonce"
        self.broker.faults("resource 1 status 401", rule)
        count = self.broker.counted()
        self.check(rule, REJECTED, lambda: self.broker.met(rule) == 1 and count()[1] == 0,
                   mend=self.broker.faults)

    def test_case_55_the_hash_of_the_report_data_is_one_of_three(self):
        """extra-params with md5, unknown, empty or of a wrong type: INTERNAL, no default"""
        for algorithm in ('"md5"', '"sha1"', '"unknown"', '""', "384", "null", "[]", "{}"):
            self.play('auth always json-set /extra-params '
                      f'{{"selected-hash-algorithm":{algorithm}}}', REJECTED)
        for extra in ("17", "[]", "true"):
            self.play(f"auth always json-set /extra-params {extra}", REJECTED)
        # In any case (Trustee); another of the three is taken, and then not what this broker wants.
        for algorithm, expected in (("SHA384", OK), ("sha256", REFUSED), ("sha512", REFUSED)):
            self.play('auth always json-set /extra-params '
                      f'{{"selected-hash-algorithm":"{algorithm}"}}', expected)

    def test_case_56_a_nonce_is_opaque(self):
        """nonces that look like JSON, SE parameters or our digest: never read, evidence refused"""
        for name, value in (("JSON", r'"{\"nonce\":\"x\",\"tee-pubkey\":{}}"'),
                            ("SE", r'"{\"image_hdr_tags\":[],\"attestation_request\":\"\"}"'),
                            ("digest", '"' + "QUFB" * 16 + '"'), ("quotes", r'"\"\\\"\\\\\""'),
                            ("control", r'"a\u0000b\nc"')):
            self.set_nonce(name, value, REFUSED | REJECTED)

    def test_case_57_a_cookie_is_one_short_value(self):
        """Set-Cookie none, two, 100 KiB, CRLF, odd: INTERNAL; other domain: no harm"""
        for value in ("none", "two", "crlf", "huge", "a" * 257, 'a"b', "a,b"):
            self.play(f"auth always cookie {value}", REJECTED | TOO_LONG)
        self.play("auth always cookie other-domain", OK | REJECTED)

    def test_case_57_a_cookie_of_256_bytes_is_taken(self):
        """the longest cookie is taken, and one that the broker does not know is refused evidence"""
        self.play("auth always cookie " + "a" * 256, REFUSED, name="256 bytes")


class TokenTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.open_lab()

    def test_case_58_a_token_that_is_none_is_not_stored(self):
        """token no JWT, alg none, 1 MiB, exp missing or past: INTERNAL, and none to be had"""
        for kind in ("not-jwt", "none-alg", "huge", "no-exp", "past-exp"):
            self.play(f"attest always token {kind}", REJECTED)
        for value in ('""', "17", "null", "{}"):
            self.play(f"attest always json-set /token {value}", REJECTED)

    def test_case_58_a_bad_token_is_given_to_nobody(self):
        """GetToken of a daemon that got nothing but bad tokens: INTERNAL"""
        rule = "attest always token no-exp"
        self.broker.faults(rule)
        cold = self.lab.agent(name="cold")
        with cold.client() as client:
            info = error_info(client.get_token)
        self.assertEqual(info.reason, "REPLY_REJECTED")
        self.check(rule, REJECTED, lambda: self.broker.met(rule) == 2, agent=cold,
                   mend=self.broker.faults)
