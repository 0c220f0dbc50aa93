#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes vectors.json beside itself, in the manner of Project Wycheproof; always the same bytes.

Every invalid case has one flaw, and all behind it fits: the content is encrypted under the key that
an implementation without the check would come to, so that it would open there. What is valid is
also opened by jwcrypto, which shares no code with this. The keys are throw-away.

Needs Debian's python3-pycryptodome and python3-jwcrypto; no test runs it."""
import hashlib
import json
import pathlib

from Cryptodome.PublicKey import RSA
from jwcrypto import jwe as jwcrypto_jwe
from jwcrypto import jwk as jwcrypto_jwk

from cases_ec import ec_cases, ecdh_cases
from cases_rsa import rsa_cases
from cases_gcm import gcm_cases, legacy_cases
from primitives import P256, P521, Random, b64


def ec_key(curve, random):
    d = random.below(curve.n)
    x, y = curve.multiply(d, curve.g)
    return {"kty": "EC", "crv": curve.name, "d": b64(curve.bytes(d)), "x": b64(curve.bytes(x)),
            "y": b64(curve.bytes(y))}


def rsa_key(random):
    key = RSA.generate(2048, randfunc=random)
    numbers = {"n": key.n, "e": key.e, "d": key.d, "p": key.p, "q": key.q,
               "dp": key.d % (key.p - 1), "dq": key.d % (key.q - 1), "qi": pow(key.q, -1, key.p)}
    return {"kty": "RSA"} | {name: b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))
                             for name, number in numbers.items()}


def open_elsewhere(key, case):
    """A valid case opens in jwcrypto too."""
    token = jwcrypto_jwe.JWE(algs=["ECDH-ES+A256KW", "RSA-OAEP-256", "RSA1_5", "A256GCM"])
    token.deserialize(json.dumps(case["jwe"]), jwcrypto_jwk.JWK(**key))
    assert token.payload.hex() == case["plaintext"], case["reason"]


def main():
    random = Random("attestd test vectors: throw-away keys")
    keys = {"P-256": ec_key(P256, random), "P-521": ec_key(P521, random)}
    keys["RSA-OAEP-256"] = keys["RSA1_5"] = rsa_key(random)
    jwe = [case for curve in (P256, P521) for case in ec_cases(curve, keys[curve.name], random)]
    jwe += [case for alg in ("RSA-OAEP-256", "RSA1_5")
            for case in rsa_cases(alg, keys[alg], random)]
    jwe += [case for kind in keys for case in gcm_cases(kind, keys[kind], random)]
    jwe += legacy_cases(keys["RSA1_5"], random)
    for case in jwe:
        # jwcrypto takes an empty plaintext for a failure.
        if case["result"] == "valid" and case["form"] == "rfc7516" and case["plaintext"]:
            open_elsewhere(keys[case["kind"]], case)
    ecdh = [case for curve in (P256, P521) for case in ecdh_cases(curve, random)]
    lines = ",\n".join(json.dumps(case) for case in jwe)
    agreements = ",\n".join(json.dumps(case) for case in ecdh)
    text = (f'{{"note": "made by make_vectors.py; throw-away keys",\n"keys": {json.dumps(keys)},\n'
            f'"jwe": [\n{lines}],\n"ecdh": [\n{agreements}]}}\n')
    json.loads(text)
    pathlib.Path(__file__).with_name("vectors.json").write_text(text)
    for name, cases in (("jwe", jwe), ("ecdh", ecdh)):
        valid = sum(case["result"] == "valid" for case in cases)
        print(f"{name}: {valid} valid, {len(cases) - valid} invalid")
    print(hashlib.sha256(text.encode()).hexdigest(), len(text), "bytes")


if __name__ == "__main__":
    main()
