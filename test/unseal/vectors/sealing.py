# SPDX-License-Identifier: Apache-2.0
"""Keys, and how secrets are sealed with them, for make_vectors.py.

AES is pycryptodome's, ECDSA is written out; every good signature and text is also checked by
python3-cryptography."""
import base64
import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from Cryptodome.Cipher import AES

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "kbs_client" / "crypto_vectors"))
from primitives import P256, Random, b64, gcm  # noqa: E402

RANDOM = Random("attestd sealed secrets: throw-away keys")
PLAINTEXT = b"a sealed secret \x00\xff of bytes"
OPTIONS = json.dumps({"symkey": base64.b64encode(RANDOM(32)).decode(),
                      "digest": "sha256:" + RANDOM(32).hex(),
                      "cipheroptions": {"nonce": base64.b64encode(RANDOM(16)).decode()}}).encode()
SIGNER, VAULT, KEK = "kbs:///keys/signer/1", "kbs:///app/secret/1", "kbs:///keys/kek/1"


def std(data):
    return base64.b64encode(data).decode()


class SigningKey:
    def __init__(self):
        self.d = RANDOM.below(P256.n)
        self.x, self.y = P256.multiply(self.d, P256.g)

    def jwk(self, **changes):
        return {"kty": "EC", "crv": "P-256", "x": b64(P256.bytes(self.x)),
                "y": b64(P256.bytes(self.y))} | changes

    def sign(self, text, digest=hashlib.sha256):
        """ECDSA (FIPS 186-5, 6.4.1): r || s."""
        k = RANDOM.below(P256.n)
        r = P256.multiply(k, P256.g)[0] % P256.n
        e = int.from_bytes(digest(text.encode()).digest()[:32], "big")
        s = pow(k, -1, P256.n) * (e + r * self.d) % P256.n
        if digest is hashlib.sha256:
            public = ec.EllipticCurvePublicNumbers(self.x, self.y, ec.SECP256R1()).public_key()
            public.verify(utils.encode_dss_signature(r, s), text.encode(),
                          ec.ECDSA(hashes.SHA256()))
        return P256.bytes(r) + P256.bytes(s)


def ctr(key, iv, data):
    cipher = AES.new(key, AES.MODE_CTR, nonce=b"", initial_value=iv)
    return cipher.encrypt(data)


def gcm_text(key, iv, data):
    text, tag = gcm(key, iv, b"", data)
    assert AESGCM(key).decrypt(iv, text + tag, None) == data
    return text + tag


SIGNING, OTHER = SigningKey(), SigningKey()
KEK_BYTES, OTHER_KEK = RANDOM(32), RANDOM(32)


def seal(payload, key=SIGNING, header=None, sign=None, text=None):
    header = {"alg": "ES256", "kid": SIGNER} if header is None else header
    payload = json.dumps(payload) if text is None else text
    signed = b64(json.dumps(header).encode()) + "." + b64(payload.encode())
    return f"sealed.{signed}.{b64((sign or key.sign)(signed))}"


def vault(**changes):
    return {"version": "0.1.0", "type": "vault", "name": VAULT, "provider": "kbs",
            "provider_settings": {}, "annotations": {}} | changes


def envelope(wrap_type="A256GCM", data=PLAINTEXT, key=KEK_BYTES, **changes):
    dek, key_iv = RANDOM(32), RANDOM(12)
    iv = RANDOM(12 if wrap_type == "A256GCM" else 16)
    cipher = gcm_text if wrap_type == "A256GCM" else ctr
    return {"version": "0.1.0", "type": "envelope", "key_id": KEK,
            "encrypted_key": std(gcm_text(key, key_iv, dek)),
            "encrypted_data": std(cipher(dek, iv, data)), "wrap_type": wrap_type, "iv": std(iv),
            "provider": "kbs", "provider_settings": {},
            "annotations": {"iv": std(key_iv)}} | changes


def without(payload, name):
    return {key: value for key, value in payload.items() if key != name}


def flipped(text, bit=0):
    data = bytearray(base64.b64decode(text))
    data[bit // 8] ^= 1 << bit % 8
    return std(bytes(data))
