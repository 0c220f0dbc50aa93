# SPDX-License-Identifier: Apache-2.0
"""One JWE, any part of which can be replaced."""
import base64
import hashlib
import json

from primitives import P256, P521, aes_wrap, b64, concat_kdf, gcm, oaep, pkcs1

SECRET = b"what the broker releases"
CURVES = {"P-256": P256, "P-521": P521}


def number(key, name):
    text = key[name]
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def public_point(key):
    return number(key, "x"), number(key, "y")


def case(kind, area, reason, jwe, result, **more):
    return {"kind": kind, "area": area, "reason": reason, "form": "rfc7516", "result": result,
            **more, "jwe": jwe}


def valid(kind, area, reason, jwe, plaintext=SECRET, **more):
    return case(kind, area, reason, jwe, "valid", plaintext=plaintext.hex(), **more)


def invalid(kind, area, reason, jwe, refused="decrypt", **more):
    """`refused`: "decrypt" with the one error of DecryptJwe; "parse" before anything is tried."""
    return case(kind, area, reason, jwe, "invalid", refused=refused, **more)


def finish(random, header, encrypted_key, content_key, plaintext=SECRET, iv=None, tag_size=16,
           additional=None, protected=None):
    """The content behind a header and a wrapped key."""
    text = json.dumps(header, separators=(",", ":")) if protected is None else protected
    encoded = b64(text.encode())
    iv = random(12) if iv is None else iv
    ciphertext, tag = gcm(content_key, iv, encoded.encode() if additional is None else additional,
                          plaintext, tag_size)
    return {"protected": encoded, "encrypted_key": b64(encrypted_key), "iv": b64(iv),
            "ciphertext": b64(ciphertext), "tag": b64(tag)}


def epk_of(curve, point, x=None, y=None, **more):
    x = curve.bytes(point[0]) if x is None else x
    y = curve.bytes(point[1]) if y is None else y
    return {"crv": curve.name, "kty": "EC", "x": b64(x), "y": b64(y)} | more


def seal_ec(random, curve, key, epk=None, z=None, kek=None, wrap=aes_wrap, cek=None,
            content_key=None, **content):
    """To an EC key; the parts from outside to inside: point, Z, wrapping key, wrap, content key."""
    if epk is None:
        scalar = random.below(curve.n)
        epk = epk_of(curve, curve.multiply(scalar, curve.g))
        z = z or curve.bytes(curve.multiply(scalar, public_point(key))[0])
    cek = random(32) if cek is None else cek
    encrypted = wrap(concat_kdf(z) if kek is None else kek(z), cek)
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "epk": epk}
    return finish(random, header, encrypted, content_key or cek[:32], **content)


def encoder_of(alg, random):
    if alg == "RSA1_5":
        return lambda message, **how: pkcs1(message, random, **how)
    return lambda message, **how: oaep(
        message, random(how.get("digest", hashlib.sha256)().digest_size), **how)


def rsa_block(key, encoded):
    return pow(int.from_bytes(encoded, "big"), number(key, "e"), number(key, "n")).to_bytes(256,
                                                                                            "big")


def seal_rsa(random, alg, block, content_key, **content):
    return finish(random, {"alg": alg, "enc": "A256GCM"}, block, content_key, **content)


def seal_any(random, kind, key, **content):
    """A right one to any kind of key, but for the content."""
    if kind in CURVES:
        return seal_ec(random, CURVES[kind], key, **content)
    cek = content.pop("cek", None) or random(32)
    content_key = content.pop("content_key", cek)
    return seal_rsa(random, kind, rsa_block(key, encoder_of(kind, random)(cek)), content_key,
                    **content)
