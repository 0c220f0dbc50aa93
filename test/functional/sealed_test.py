# SPDX-License-Identifier: Apache-2.0
"""Sealed secrets and the keys of encrypted images, over gRPC and ttRPC, with keys of a real broker."""
import base64
import contextlib
import json
import os
import unittest

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from support.doors import over_grpc, over_ttrpc
from support.sample_site import SampleSite
from support.ttrpc import TtrpcClient, field, fields

SITE = None
DAEMON = None

UNSEAL = "api.SealedSecretService/UnsealSecret"
UNWRAP = "keyprovider.KeyProviderService/UnWrapKey"
WRAP = "keyprovider.KeyProviderService/WrapKey"
SIGNER, KEK, VAULT = "kbs:///keys/signer/1", "kbs:///keys/kek/1", "kbs:///app/sealed/1"
INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED = 3, 5, 7
FAILED_PRECONDITION = 9
SECRET = b"unsealed \x00\xff bytes"
LAYER = json.dumps({"symkey": base64.b64encode(b"k" * 32).decode(), "digest": "sha256:0"}).encode()
SIGNING, STRANGER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
KEK_BYTES = os.urandom(32)
WRAPS = "[key_provider]\nwrap = true\n"


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def std(data):
    return base64.b64encode(data).decode()


def jwk(key):
    numbers = key.public_key().public_numbers()
    return json.dumps({"kty": "EC", "crv": "P-256", "x": b64url(numbers.x.to_bytes(32, "big")),
                       "y": b64url(numbers.y.to_bytes(32, "big"))}).encode()


def seal(payload, key=SIGNING):
    signed = (b64url(json.dumps({"alg": "ES256", "kid": SIGNER}).encode()) + "." +
              b64url(json.dumps(payload).encode()))
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"sealed.{signed}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def vault(name=VAULT):
    return {"version": "0.1.0", "type": "vault", "name": name, "provider": "kbs",
            "provider_settings": {}, "annotations": {}}


def envelope(kek=KEK_BYTES):
    key, iv, key_iv = os.urandom(32), os.urandom(12), os.urandom(12)
    return {"version": "0.1.0", "type": "envelope", "provider": "kbs", "key_id": KEK,
            "encrypted_key": std(AESGCM(kek).encrypt(key_iv, key, None)),
            "annotations": {"iv": std(key_iv)},
            "encrypted_data": std(AESGCM(key).encrypt(iv, SECRET, None)),
            "wrap_type": "A256GCM", "iv": std(iv), "provider_settings": {}}


def packet(kek=KEK_BYTES, kid=KEK):
    iv = os.urandom(12)
    return json.dumps({"kid": kid, "wrapped_data": std(AESGCM(kek).encrypt(iv, LAYER, None)),
                       "iv": std(iv), "wrap_type": "A256GCM"}).encode()


def unwrap_input(annotation):
    return json.dumps({"op": "keyunwrap", "keywrapparams": {"ec": None, "optsdata": None},
                       "keyunwrapparams": {"dc": {"Parameters": {"attestation-agent": [""]}},
                                           "annotation": std(annotation)}})


def wrap_input(*parameters):
    words = std("::".join(parameters).encode())
    return json.dumps({"op": "keywrap", "keyunwrapparams": {"dc": None, "annotation": None},
                       "keywrapparams": {"ec": {"Parameters": {"attestation-agent": [words]}},
                                         "optsdata": std(LAYER)}})


def only_field(payload):
    """Field 1 of a message that has no other."""
    return dict(fields(payload)).get(1, [b""])[0]


def setUpModule():
    global SITE, DAEMON
    SITE = SampleSite(unittest.enterModuleContext(contextlib.ExitStack()))
    SITE.broker.put("keys/signer/1", jwk(SIGNING))
    SITE.broker.put("keys/kek/1", KEK_BYTES)
    SITE.broker.put("keys/short/1", b"short")
    SITE.broker.put("private/kek/1", KEK_BYTES)
    SITE.broker.put("app/sealed/1", SECRET)
    DAEMON = SITE.agent(WRAPS + SITE.tables())


class SealedTest(unittest.TestCase):
    def setUp(self):
        self.grpc = self.enterContext(DAEMON.client())
        self.ttrpc = self.enterContext(TtrpcClient(DAEMON.socket))

    def ask(self, method, text):
        """(code, field 1 of the reply, reasons), the same over gRPC and ttRPC."""
        request = field(1, text)
        told = over_grpc(self.grpc, method, request)
        code, payload, reasons = over_ttrpc(self.ttrpc, method, request)
        self.assertEqual((code, reasons), (told[0], told[2]))
        if method != WRAP:  # whose IV is another each time
            self.assertEqual(payload, told[1])
        return code, only_field(payload), reasons

    def test_a_vault_and_an_envelope_open(self):
        self.assertEqual(self.ask(UNSEAL, seal(vault())), (0, SECRET, None))
        self.assertEqual(self.ask(UNSEAL, seal(envelope())), (0, SECRET, None))

    def test_a_signature_that_is_missing_or_anothers_is_refused_and_the_secret_not_asked_for(self):
        before = SITE.broker.log().count("app/sealed/1")
        code, _, reasons = self.ask(UNSEAL, seal(vault(), STRANGER))
        self.assertEqual((code, reasons), (PERMISSION_DENIED, ["SIGNATURE_REFUSED"]))
        bare = seal(vault()).rsplit(".", 1)[0] + "."
        self.assertEqual(self.ask(UNSEAL, bare)[0], INVALID_ARGUMENT)
        self.assertEqual(self.ask(UNSEAL, "sealed.")[0], INVALID_ARGUMENT)
        self.assertEqual(SITE.broker.log().count("app/sealed/1"), before)

    def test_what_the_broker_says_of_the_secret_is_told(self):
        self.assertEqual(self.ask(UNSEAL, seal(vault("kbs:///app/sealed/none")))[0], NOT_FOUND)
        self.assertEqual(self.ask(UNSEAL, seal(vault("kbs:///private/kek/1")))[0],
                         PERMISSION_DENIED)

    def test_a_wrong_key_does_not_decrypt(self):
        other = os.urandom(32)
        self.assertEqual(self.ask(UNSEAL, seal(envelope(other)))[2], ["DOES_NOT_DECRYPT"])
        self.assertEqual(self.ask(UNWRAP, unwrap_input(packet(other)))[2], ["DOES_NOT_DECRYPT"])

    def test_a_layer_key_unwraps(self):
        code, output, _ = self.ask(UNWRAP, unwrap_input(packet()))
        self.assertEqual(code, 0)
        self.assertEqual(bytes(json.loads(output)["keyunwrapresults"]["optsdata"]), LAYER)

    def test_a_key_that_is_denied_or_unfit_is_told_so(self):
        denied = packet(kid="kbs:///private/kek/1")
        self.assertEqual(self.ask(UNWRAP, unwrap_input(denied))[0], PERMISSION_DENIED)
        short = packet(kid="kbs:///keys/short/1")
        self.assertEqual(self.ask(UNWRAP, unwrap_input(short))[::2],
                         (FAILED_PRECONDITION, ["KEY_UNFIT"]))
        self.assertEqual(self.ask(UNWRAP, "{}")[0], INVALID_ARGUMENT)

    def test_what_is_wrapped_unwraps(self):
        for algorithm in ("A256GCM", "A256CTR"):
            code, output, _ = self.ask(WRAP, wrap_input(f"keyid={KEK}", f"algorithm={algorithm}"))
            self.assertEqual(code, 0)
            annotation = bytes(json.loads(output)["keywrapresults"]["annotation"])
            self.assertNotIn(b"kkkk", annotation)
            code, output, _ = self.ask(UNWRAP, unwrap_input(annotation))
            self.assertEqual(code, 0)
            self.assertEqual(bytes(json.loads(output)["keyunwrapresults"]["optsdata"]), LAYER)

    def test_without_the_configurations_word_nothing_is_wrapped(self):
        plain = SITE.agent(name="plain")
        with plain.client() as client, TtrpcClient(plain.socket) as ttrpc:
            request = field(1, wrap_input(f"keyid={KEK}"))
            self.assertEqual(over_grpc(client, WRAP, request)[0], 12)
            self.assertIn(over_ttrpc(ttrpc, WRAP, request)[0], (NOT_FOUND, 12))
            self.assertEqual(over_grpc(client, UNWRAP, field(1, unwrap_input(packet())))[0], 0)

    def test_where_signatures_are_skipped_a_strangers_opens(self):
        lax = SITE.agent('[unseal]\nsignature = "skip"\n' + SITE.tables(), name="lax")
        with lax.client() as client:
            code, payload, _ = over_grpc(client, UNSEAL, field(1, seal(vault(), STRANGER)))
        self.assertEqual((code, only_field(payload)), (0, SECRET))

    def test_no_content_is_logged(self):
        self.ask(UNSEAL, seal(vault()))
        log = DAEMON.log()
        for canary in (SECRET, KEK_BYTES, b"kkkkkkkk"):
            self.assertNotIn(canary, log if isinstance(log, bytes) else log.encode())
