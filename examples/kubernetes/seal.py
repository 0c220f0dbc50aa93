#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Seals the name of a secret at a key broker: seal.py KEY.pem SIGNER URI, or seal.py KEY.pem --jwk.

KEY.pem is a P-256 key, SIGNER the URI under which the broker has its public half, which --jwk
prints. Debian: python3-cryptography.
"""
import base64
import json
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(value):
    return value.to_bytes(32, "big")


def public_jwk(key):
    point = key.public_key().public_numbers()
    return json.dumps({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
                       "x": encode(number(point.x)), "y": encode(number(point.y))})


def seal(key, signer, uri):
    header = {"alg": "ES256", "kid": signer}
    payload = {"version": "0.1.0", "type": "vault", "name": uri, "provider": "kbs",
               "provider_settings": {}, "annotations": {}}
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, payload))
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"sealed.{signed}.{encode(number(r) + number(s))}"


def main():
    wants_jwk = sys.argv[2:] == ["--jwk"]
    if len(sys.argv) != 4 and not wants_jwk:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        key = serialization.load_pem_private_key(file.read(), password=None)
    if not isinstance(getattr(key, "curve", None), ec.SECP256R1):
        sys.exit(f"{sys.argv[1]}: expected a key of EC P-256, found another kind")
    print(public_jwk(key) if wants_jwk else seal(key, *sys.argv[2:]))


if __name__ == "__main__":
    main()
