# SPDX-License-Identifier: Apache-2.0
"""Cases 65 to 67: JSON that is a bomb, secrets of every size, secrets that change."""
import os

from conformance.expect import OK, REJECTED, TOO_LONG
from conformance.lab import ConformanceCase
from support.sample_site import SECRET

ENDPOINTS = ("auth", "attest", "resource")
BOMBS = ("depth", "keys", "duplicate", "nan", "1e400", "surrogate", "bom", "trailing", "string")
REPLY_CAP = 2 << 20

# What of a JWE as JSON is not ciphertext takes fewer bytes: the protected header with epk, wrapped
# key, IV, tag, punctuation. A ciphertext of the cap less this passes, one of the cap does not.
ENVELOPE = 1024


class DataTest(ConformanceCase):
    def test_case_65_json_that_is_a_bomb_is_rejected(self):
        """100,000 levels, 1,000,000 keys, duplicates, NaN, 1e400, surrogates, BOM: INTERNAL"""
        self.open_lab()
        for endpoint in ENDPOINTS:
            for bomb in BOMBS:
                # A string of 1 MiB in a member that nobody reads is JSON: it may pass.
                allowed = REJECTED | TOO_LONG | (OK if bomb == "string" else set())
                self.play(f"{endpoint} always json-bomb {bomb}", allowed, seconds=5)

    def ask_size(self, size, expected):
        secret = os.urandom(size)
        self.broker.put("app/key/sized", secret)
        before = self.broker.counted()
        self.check(f"{size} bytes", expected, lambda: before()[2] >= 1, uri="kbs:///app/key/sized",
                   seconds=10, value=secret)

    def test_case_66_secrets_of_every_size_are_exact(self):
        """0 B, 1 B, up to the cap: exact bytes; above: RESOURCE_EXHAUSTED"""
        self.open_lab()
        cap = (REPLY_CAP - ENVELOPE) * 3 // 4
        for size in (0, 1, 2, 3, 15, 16, 17, 4096, 1 << 20, cap - 1, cap):
            self.ask_size(size, OK)
        for size in (REPLY_CAP * 3 // 4, REPLY_CAP * 3 // 4 + 1, REPLY_CAP):
            self.ask_size(size, TOO_LONG)

    def test_case_66_binary_secrets_are_exact(self):
        """NULs, line ends and every byte: exact, over gRPC and through attestctl"""
        self.open_lab()
        for name, secret in (("NULs", bytes(4096)), ("every byte", bytes(range(256)) * 16),
                             ("line ends", b"\r\n\r\n\x00\x1a\xff\xfe")):
            self.broker.put("app/key/binary", secret)
            self.check(name, OK, lambda: True, uri="kbs:///app/key/binary", value=secret)
            self.assertEqual(self.agent.get("app/key/binary").out, secret)

    def test_case_67_a_changed_secret_is_seen_by_the_next_request(self):
        """there is no cache: the next request sees what the broker has by then"""
        self.open_lab()
        for version in range(20):
            secret = b"version %d of the secret" % version
            self.broker.put("app/key/main", secret)
            self.check(f"version {version}", OK, lambda: True, value=secret, recovered=False)
        self.broker.put("app/key/main", SECRET)
        self.good(self.agent)
