# SPDX-License-Identifier: Apache-2.0
"""Sealed secrets: good, and with one flaw each."""
import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import utils

from primitives import P256, b64
from sealing import (KEK_BYTES, OTHER, OTHER_KEK, PLAINTEXT, RANDOM, SIGNER, SIGNING, envelope,
                     flipped, gcm_text, seal, std, vault, without)


def good(name, sealed, plaintext=PLAINTEXT, **more):
    return {"name": name, "sealed": sealed, "plaintext": plaintext.hex()} | more


def bad(name, sealed, reason, code="INVALID_ARGUMENT", **more):
    return {"name": name, "sealed": sealed, "reason": reason, "code": code} | more


def good_cases():
    yield good("vault", seal(vault()))
    yield good("vault, provider in capitals, members that are not known",
               seal(vault(provider="KBS", note={"a": 1}, provider_settings={"x": "y"})))
    yield good("vault, without settings and annotations",
               seal(without(without(vault(), "annotations"), "provider_settings")))
    yield good("a line's end behind it", seal(vault()) + "\n")
    yield good("header with typ and cty", seal(
        vault(), header={"typ": "JWS", "cty": "json", "kid": SIGNER, "alg": "ES256"}))
    yield good("key from a file", seal(vault(), header={"alg": "ES256", "kid": "signer.jwk"}))
    yield good("envelope, A256GCM", seal(envelope()))
    yield good("envelope, A256CTR", seal(envelope("A256CTR")))
    yield good("envelope, empty", seal(envelope(data=b"")), b"")
    yield good("envelope, 5000 bytes", seal(envelope(data=bytes(5000))), bytes(5000))
    yield good("fake header and signature", "sealed.fakejwsheader."
               + b64(json.dumps(vault()).encode()) + ".fakesignature", policy="skip")
    yield good("no header and signature, envelope",
               "sealed.." + b64(json.dumps(envelope()).encode()) + ".", policy="skip")
    yield good("a wrong signature, skipped", seal(vault(), key=OTHER), policy="skip")


def signature_cases():
    """Each is refused, and no secret is asked for."""
    refused = "SIGNATURE_REFUSED"
    text = seal(vault())
    prefix, header, payload, signature = text.split(".")
    yield bad("fake header and signature", f"sealed.fakejwsheader.{payload}.fakesignature", refused)
    yield bad("no signature", f"{prefix}.{header}.{payload}.", refused)
    yield bad("no header", f"{prefix}..{payload}.{signature}", refused)
    for alg in ("none", "HS256", "ES384", "RS256", "PS256", "EdDSA", "es256", "", None, 256):
        yield bad(f"alg {alg!r}", seal(vault(), header={"alg": alg, "kid": SIGNER}), refused)
    yield bad("no alg", seal(vault(), header={"kid": SIGNER}), refused)
    yield bad("no kid", seal(vault(), header={"alg": "ES256"}), refused)
    yield bad("empty kid", seal(vault(), header={"alg": "ES256", "kid": ""}), refused)
    yield bad("alg none, no signature", seal(vault(), header={"alg": "none", "kid": SIGNER},
                                            sign=lambda text: b""), refused)
    for name, value in (("crit", ["b64"]), ("b64", False), ("jwk", OTHER.jwk()),
                        ("jku", "https://example.com/jwks"), ("x5c", ["AA=="])):
        yield bad(f"header with {name}", seal(
            vault(), key=OTHER, header={"alg": "ES256", "kid": SIGNER, name: value}), refused)
    hmac = hashlib.sha256(json.dumps(SIGNING.jwk()).encode()).digest()
    yield bad("HS256 with the public key as its key",
              seal(vault(), header={"alg": "HS256", "kid": SIGNER}, sign=lambda t: hmac), refused)

    def der(signed):
        raw = SIGNING.sign(signed)
        return utils.encode_dss_signature(int.from_bytes(raw[:32], "big"),
                                          int.from_bytes(raw[32:], "big"))
    yield bad("signature in DER", seal(vault(), sign=der), refused)
    yield bad("signature of 63 bytes", seal(vault(), sign=lambda t: SIGNING.sign(t)[:63]), refused)
    yield bad("signature of 65 bytes", seal(vault(), sign=lambda t: SIGNING.sign(t) + b"0"),
              refused)
    denied = "PERMISSION_DENIED"
    yield bad("another key", seal(vault(), key=OTHER), refused, denied)
    yield bad("SHA-384", seal(vault(), sign=lambda t: SIGNING.sign(t, hashlib.sha384)), refused,
              denied)
    yield bad("signature of zeros", seal(vault(), sign=lambda t: bytes(64)), refused, denied)
    yield bad("r and s exchanged", seal(
        vault(), sign=lambda t: (lambda s: s[32:] + s[:32])(SIGNING.sign(t))), refused, denied)
    other = seal(vault(name="kbs:///app/secret/2")).split(".")
    yield bad("payload of another", f"{prefix}.{header}.{other[2]}.{signature}", refused, denied)
    written = b64(json.dumps({"kid": SIGNER, "alg": "ES256"}).encode())
    yield bad("header written otherwise", f"{prefix}.{written}.{payload}.{signature}", refused,
              denied)
    yield bad("signature of another", f"{prefix}.{header}.{payload}.{other[3]}", refused, denied)
    yield bad("signed without the header", seal(
        vault(), sign=lambda t: SIGNING.sign(t.split(".")[1])), refused, denied)


def key_cases():
    """What lies at the name of the signing key is no key for it."""
    def with_key(name, jwk):
        text = jwk if isinstance(jwk, str) else json.dumps(jwk)
        return bad(name, seal(vault()), "KEY_UNFIT", "FAILED_PRECONDITION", signer=text)
    yield with_key("P-384 by name", SIGNING.jwk(crv="P-384"))
    yield with_key("an oct key", {"kty": "oct", "k": b64(RANDOM(32)), "alg": "HS256"})
    yield with_key("an RSA key", {"kty": "RSA", "n": b64(RANDOM(256)), "e": "AQAB"})
    yield with_key("for another algorithm", SIGNING.jwk(alg="ES256K"))
    yield with_key("for encryption", SIGNING.jwk(use="enc"))
    yield with_key("off the curve", SIGNING.jwk(y=b64(P256.bytes(SIGNING.y ^ 1))))
    yield with_key("x of 31 bytes", SIGNING.jwk(x=b64(P256.bytes(SIGNING.x)[1:])))
    yield with_key("zeros", SIGNING.jwk(x=b64(bytes(32)), y=b64(bytes(32))))
    yield with_key("no y", without(SIGNING.jwk(), "y"))
    yield with_key("x twice", json.dumps(SIGNING.jwk())[:-1] + ', "x": "AA"}')
    yield with_key("a PEM", "-----BEGIN PUBLIC KEY-----\n")
    yield with_key("empty", "")
    yield good("key with its private half, key_ops and a name", seal(vault()), signer=json.dumps(
        SIGNING.jwk(d=b64(P256.bytes(SIGNING.d)), key_ops=["verify"], ext=True, kid="k",
                    use="sig", alg="ES256")))


def content_cases():
    packet = "BAD_PACKET"
    for name in vault():
        if name not in ("provider_settings", "annotations"):
            yield bad(f"vault without {name}", seal(without(vault(), name)), packet)
            yield bad(f"vault whose {name} is a number", seal(vault(**{name: 1})), packet)
    for name in envelope():
        if name != "provider_settings":
            yield bad(f"envelope without {name}", seal(without(envelope(), name)), packet)
            yield bad(f"envelope whose {name} is a list", seal(envelope(**{name: []})), packet)
    yield bad("version 0.2.0", seal(vault(version="0.2.0")), packet)
    yield bad("type Vault", seal(vault(type="Vault")), packet)
    for provider in ("aliyun", "aws", "ehsm", "", "kbs "):
        yield bad(f"vault of provider {provider!r}", seal(vault(provider=provider)), packet)
        yield bad(f"envelope of provider {provider!r}", seal(envelope(provider=provider)), packet)
    for uri in ("", "app/secret/1", "https://broker/app/secret/1", "kbs:///app/secret",
                "kbs:///app/../secret"):
        yield bad(f"name {uri!r}", seal(vault(name=uri)), "BAD_URI")
        yield bad(f"key_id {uri!r}", seal(envelope(key_id=uri)), "BAD_URI")
    yield bad("kid that is no resource", seal(
        vault(), header={"alg": "ES256", "kid": "kbs:///keys"}), "BAD_URI")
    yield bad("another cipher", seal(envelope(wrap_type="A128GCM")), packet)
    yield bad("IV of 16 bytes under A256GCM", seal(envelope(iv=std(bytes(16)))), packet)
    yield bad("IV of 12 bytes under A256CTR", seal(envelope("A256CTR", iv=std(bytes(12)))), packet)
    yield bad("data shorter than a tag", seal(envelope(encrypted_data=std(bytes(15)))), packet)
    yield bad("key under A256CTR", seal(envelope(
        annotations={"iv": std(bytes(16)), "wrap_type": "A256CTR"})), packet)
    yield bad("payload that is no object", seal(None, text="[]"), packet)
    yield bad("payload that is no JSON", seal(None, text="{"), packet)
    yield bad("payload nested 10000 deep", seal(None, text="[" * 10000), packet)
    yield bad("name twice", seal(None, text=json.dumps(vault())[:-1] + ',"name":"kbs:///a/b/c"}'),
              packet)
    yield bad("CTR without a signature", seal(envelope("A256CTR")), packet, policy="skip")
    for text in ("", "sealed", "sealed.", "sealed.a.b", "sealed.a.b.c.d", "Sealed.a.b.c", "a.b.c.d",
                 "sealed.a.!.c", "sealed.a.e30=.c", "\x00\xff"):
        yield bad(f"{text!r}", text, packet, policy="skip")
    yield bad("no prefix", seal(vault()).removeprefix("sealed."), packet)


def decrypt_cases():
    """One answer, whatever was changed."""
    fails = "DOES_NOT_DECRYPT"
    base = envelope()
    for name in ("encrypted_key", "encrypted_data", "iv"):
        for bit in (0, len(base64.b64decode(base[name])) * 8 - 1):
            yield bad(f"bit {bit} of {name}", seal(base | {name: flipped(base[name], bit)}), fails)
    yield bad("the IV of the key", seal(
        base | {"annotations": {"iv": flipped(base["annotations"]["iv"])}}), fails)
    yield bad("another key", seal(envelope(key=OTHER_KEK)), fails)
    yield bad("A256CTR's data as A256GCM's",
              seal(envelope("A256CTR") | {"wrap_type": "A256GCM", "iv": std(bytes(12))}), fails)
    swapped = envelope()
    yield bad("the key of another", seal(base | {
        name: swapped[name] for name in ("encrypted_key", "annotations")}), fails)
    for size in (0, 16, 31, 33, 64):
        yield bad(f"a key of {size} bytes", seal(base), "KEY_UNFIT", "FAILED_PRECONDITION",
                  kek=bytes(size).hex())
    yield bad("a data key of 16 bytes", seal(base | {
        "encrypted_key": std(gcm_text(KEK_BYTES, bytes(12), RANDOM(16))),
        "annotations": {"iv": std(bytes(12))}}), "KEY_UNFIT", "FAILED_PRECONDITION")


def sealed_cases():
    return [*good_cases(), *signature_cases(), *key_cases(), *content_cases(), *decrypt_cases()]
