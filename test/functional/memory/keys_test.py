# SPDX-License-Identifier: Apache-2.0
"""The TEE's private key is in secret memory as long as its session lives, and nowhere else.

Where the kernel has memfd_secret nobody can look; here it is denied, so that the key can be found
where it must be, and then be looked for elsewhere.
"""
import base64
import contextlib
import json
import os
import time
import unittest

from memory.lab import Lab, MemoryTest, without_memfd_secret
from memory.scan import scan_process, secret_mappings
from support.processes import wait_until

try:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError as error:
    raise unittest.SkipTest(f"python3-cryptography is not installed: {error}")

# OpenSSL's numbers are little-endian, in words of 8 bytes; its secure heap gives pieces of at least
# 32 bytes, at multiples of their size.
_STEP = 32
_SIZES = {"P-256": 32, "P-521": 72, "RSA-2048": 128}  # of the scalar, or of a prime
_CURVES = {"P-256": ec.SECP256R1(), "P-521": ec.SECP521R1()}


def _decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _find(value, key):
    """The first member of that name at any depth."""
    if isinstance(value, dict) and key in value:
        return value[key]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for one in inner if (found := _find(one, key)) is not None), None)


def public_key(lab):
    """The JWK that the session's token names."""
    with lab.agent.client() as client:
        token = json.loads(client.get_token())["token"]
    return _find(json.loads(_decode(token.split(".")[1])), "tee-pubkey")


def _is_private(kind, number, jwk):
    if kind == "RSA-2048":
        return number > 1 and int.from_bytes(_decode(jwk["n"]), "big") % number == 0
    try:
        pair = ec.derive_private_key(number, _CURVES[kind])
    except ValueError:
        return False
    return pair.public_key().public_numbers().x == int.from_bytes(_decode(jwk["x"]), "big")


def private_numbers(lab, kind, jwk):
    """What of the private key is in secret memory, as OpenSSL has it there."""
    found = set()
    for begin, end in secret_mappings(lab.pid):
        with open(f"/proc/{lab.pid}/mem", "rb", buffering=0) as memory:
            memory.seek(begin)
            data = memory.read(end - begin)
        for at in range(0, len(data), _STEP):
            words = data[at:at + _SIZES[kind]]
            if any(words[16:]) and _is_private(kind, int.from_bytes(words, "little"), jwk):
                found.add(words)
    return found


class KeysTest(MemoryTest):
    def open_lab(self, **options):
        return Lab(self.enterContext(contextlib.ExitStack()), launch=without_memfd_secret,
                   **options)

    def needles(self, lab, numbers):
        needles = lab.needles()
        for i, words in enumerate(numbers):
            needles.add(f"key-le-{i}", words.rstrip(b"\0"))
            needles.add(f"key-be-{i}", words[::-1].lstrip(b"\0"))
        return needles

    def keys(self, counted):
        return sum(count for name, count in counted.items() if name.startswith("key-"))

    def test_each_kind_of_key_is_in_secret_memory_alone_and_gone_with_its_session(self):
        for kind in _SIZES:
            with self.subTest(kind):
                lab = self.open_lab(extra=f'tee_key = "{kind}"\n')
                self.assertEqual(lab.over_grpc("small", 20), 20)
                numbers = private_numbers(lab, kind, public_key(lab))
                self.assertGreaterEqual(len(numbers), 1, "the key is not where it must be")
                needles = self.needles(lab, numbers)
                live = scan_process(needles, lab.pid)
                self.assert_nothing(live, "the session lives")
                self.assertGreaterEqual(self.keys(live.inside), 1)
                lab.broker.restart()
                self.assertEqual(lab.over_grpc("small", 20), 20)
                gone = scan_process(needles, lab.pid)
                self.assert_nothing(gone, "another session lives")
                self.assertEqual(self.keys(gone.inside), 0)
                self.assertNotEqual(private_numbers(lab, kind, public_key(lab)), numbers)

    def test_what_has_expired_is_gone_though_nobody_asks(self):
        lab = self.open_lab(session_seconds=4)
        asked = time.monotonic()
        self.assertEqual(lab.over_grpc("small", 1), 1)
        numbers = private_numbers(lab, "P-256", public_key(lab))
        self.assertEqual(len(numbers), 1, f"after {time.monotonic() - asked} s")
        needles = self.needles(lab, numbers)

        def left():
            scanned = scan_process(needles, lab.pid)
            self.assert_nothing(scanned, "at its end")
            return sum(scanned.inside.values())
        wait_until(lambda: left() == 0, "key, cookie and token are gone")

    def test_an_exported_key_leaves_nothing_but_itself(self):
        lab = self.open_lab(extra="export_tee_key = true\n")
        for _ in range(20):
            with lab.agent.client() as client:
                reply = json.loads(client.get_token())
        pair = serialization.load_pem_private_key(reply["tee_keypair"].encode(), None)
        words = pair.private_numbers().private_value.to_bytes(32, "little")
        needles = self.needles(lab, {words})
        # Behind 36 bytes that all such keys share lies the number (RFC 5958, RFC 5915).
        text = "".join(reply["tee_keypair"].split("\n")[1:-2])
        needles.add("pem-1", text[48:64].encode())
        needles.add("pem-2", text[64:90].encode())
        scanned = scan_process(needles, lab.pid)
        self.assert_nothing(scanned, "after twenty tokens")
        self.assertEqual(self.keys(scanned.inside), 1)
        self.assertEqual(scanned.inside["pem-1"] + scanned.inside["pem-2"], 0)
        self.assertTrue(os.path.getsize(lab.disclosed))
