# SPDX-License-Identifier: Apache-2.0
"""Cases 59 to 64: JWEs of a broker that is wrong or hostile."""
import time

from conformance.expect import REJECTED
from conformance.lab import ConformanceCase

ALGORITHMS = ("RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "dir", "A128KW", "A256KW", "none",
              "PBES2-HS256+A128KW", "ECDH-ES", "ECDH-ES+A128KW", '""', "17", "null", "[]")
EPKS = ("off-curve", "infinity", "x-ge-p", "other-curve", "wrong-length", "with-d")
WRAPS = ("short", "flip", "cek-length")


class HeaderTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.open_lab()

    def play_all(self, *rules):
        for rule in rules:
            self.play(f"resource always {rule}", REJECTED)

    def test_case_59_another_protected_header_is_rejected(self):
        """alg, crit, zip, p2c, duplicate keys, alg against the key: INTERNAL"""
        self.play_all(*[f"jwe-header alg {one}" for one in ALGORITHMS])
        self.play_all('jwe-header crit ["exp"]', "jwe-header crit []", 'jwe-header crit ["b64"]',
                      "jwe-header zip DEF", "jwe-header p2c 2147483648",
                      'jwe-protected {@,"alg":"ECDH-ES+A256KW"}', "jwe-protected {}",
                      "jwe-protected []", "jwe-protected not JSON",
                      'jwe-protected {"alg":"dir",@}')

    def test_case_60_another_encryption_iv_tag_or_aad_is_rejected(self):
        """enc not A256GCM, iv, tag or aad of another length, absent or disagreeing: INTERNAL"""
        self.play_all(*[f"jwe-header enc {one}" for one in (
            "A128GCM", "A192GCM", "A128CBC-HS256", "A256CBC-HS512", "none", '""', "7", "null")])
        for member, length in (("iv", 12), ("tag", 16)):
            for size in (0, 1, length - 1, length + 1, 4096):
                self.play_all(f"jwe-set {member} {'A' * (size * 4 // 3) or chr(34) * 2}")
            self.play_all(f"jwe-set {member} null", f"jwe-set {member} 12",
                          f"jwe-set {member} not*base64")
        self.play_all("jwe-set aad QUFB", "jwe-set aad 7")

    def test_case_61_and_62_look_the_same(self):
        """a bad epk and a key that does not unwrap: INTERNAL, one text, one time class"""
        times = {}
        for rule in [f"jwe-epk {one}" for one in EPKS] + [f"jwe-wrap {one}" for one in WRAPS]:
            self.play(f"resource always {rule}", REJECTED)
            times[rule] = self.variants[-1].seconds
        self.assertLess(max(times.values()) - min(times.values()), 0.1, times)


class WrappedKeyTest(ConformanceCase):
    def setUp(self):
        super().setUp()
        self.open_lab()

    def texts(self, rules):
        """What the caller is told for each of the rules, less the request's number."""
        told = set()
        for rule in rules:
            self.broker.faults(f"resource always {rule}")
            err = self.agent.get("app/key/main").err
            told.add(err.split("[request")[0])
        self.broker.faults()
        return told

    def test_case_62_a_key_that_does_not_unwrap_fails_as_any_other(self):
        """wrapped key short, damaged or of another length: INTERNAL, the text of case 61"""
        for wrap in WRAPS:
            self.play(f"resource always jwe-wrap {wrap}", REJECTED)
        for value in ("null", "7", '""', "A" * 100000):
            self.play(f"resource always jwe-set encrypted_key {value}", REJECTED,
                      name=f"encrypted_key {value[:4]}")
        told = self.texts([f"jwe-epk {one}" for one in EPKS] + [f"jwe-wrap {one}" for one in WRAPS])
        self.assertEqual(len(told), 1, told)


class CiphertextTest(ConformanceCase):
    def test_case_63_no_flipped_bit_goes_unnoticed(self):
        """each bit of a ciphertext, its tag, IV and wrapped key flipped, or cut: INTERNAL"""
        self.open_lab()
        secret = b"eight by"
        self.broker.put("app/key/small", secret)
        places = [(member, bit) for member, size in
                  (("ciphertext", len(secret)), ("tag", 16), ("iv", 12), ("encrypted_key", 40))
                  for bit in range(size * 8)]
        rules = [f"resource {i + 1} jwe-flip {member} {bit}"
                 for i, (member, bit) in enumerate(places)]
        self.broker.faults(*rules)
        for rule in rules:
            self.check(rule, REJECTED, lambda one=rule: self.broker.met(one) == 1,
                       uri="kbs:///app/key/small", recovered=False)
        self.broker.faults()
        self.good(self.agent, "kbs:///app/key/small", secret)
        for value in ('""', "QQ", "null"):
            self.play(f"resource always jwe-set ciphertext {value}", REJECTED)

    def test_case_64_a_jwe_for_another_key_is_rejected(self):
        """a JWE for another key, or for the key of an earlier handshake: INTERNAL"""
        self.open_lab(session_seconds=2)
        self.play("resource always jwe-other-key", REJECTED)
        # The first answer of this broker was for the key of the first session, which ends.
        self.broker.restart()
        self.good(self.agent)
        count = self.broker.counted()

        def renewed():
            self.good(self.agent)
            time.sleep(0.05)  # not to fill the broker's log
            return count()[1] >= 1
        self.wait(renewed, "the session of two seconds is renewed")
        rule = "resource always repeat-answer"
        self.broker.faults(rule)
        self.check(rule, REJECTED, lambda: self.broker.met(rule) >= 1, mend=self.broker.faults)
