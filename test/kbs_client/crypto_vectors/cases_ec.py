# SPDX-License-Identifier: Apache-2.0
"""ECDH on P-256 and P-521, the Concat KDF, and AES key wrap behind them."""
import hashlib

from primitives import P256, P521, SECP256K1, aes_wrap, b64, concat_kdf, u32
from seal import SECRET, epk_of, finish, invalid, number, public_point, seal_ec, valid


def ephemeral(curve, key, random, wanted):
    """An ephemeral point and its Z of which `wanted(point, z)` holds, one step after the other."""
    scalar = random.below(curve.n)
    point, shared = curve.multiply(scalar, curve.g), curve.multiply(scalar, public_point(key))
    while not wanted(point, shared):
        point, shared = curve.add(point, curve.g), curve.add(shared, public_point(key))
    return point, curve.bytes(shared[0])


def leading_zeros(curve, value, count):
    return curve.bytes(value)[:count] == bytes(count) and curve.bytes(value)[count] != 0


def small_point(curve):
    """The point on the curve with the smallest x: x + p fits into a coordinate."""
    x = next(x for x in range(1, 100) if curve.y_of(x))
    return x, curve.y_of(x)


def good_points(curve, key, random):
    yield "any ephemeral key", *ephemeral(curve, key, random, lambda point, shared: True)
    for count in (1, 2):
        zeros = f"{count} leading zero byte(s)"
        yield f"{zeros} in x", *ephemeral(
            curve, key, random, lambda point, shared: leading_zeros(curve, point[0], count))
        yield f"{zeros} in y", *ephemeral(
            curve, key, random, lambda point, shared: leading_zeros(curve, point[1], count))
        yield f"{zeros} in Z", *ephemeral(
            curve, key, random, lambda point, shared: leading_zeros(curve, shared[0], count))
    d = number(key, "d")
    for name, point in (("the base point", curve.g), ("twice the base point",
                        curve.add(curve.g, curve.g)), ("a very small x", small_point(curve)),
                        ("the recipient's own point", public_point(key)),
                        ("minus the base point", (curve.g[0], curve.p - curve.g[1]))):
        yield name, point, curve.bytes(curve.multiply(d, point)[0])


def off_curve(curve, key, random):
    """Points on other curves y^2 = x^3 - 3x + b': their Z comes out of formulas that use no b."""
    d = number(key, "d")
    for count in range(6):
        point = random.below(curve.p), random.below(curve.p)
        yield f"a point on another curve with the same a, {count}", point, curve.multiply(d, point)
    low = random.below(curve.p), 0
    yield "a point of order 2 on another curve", low, curve.multiply(d, low)
    good = curve.multiply(random.below(curve.n), curve.g)
    for name, point in (("x is off by one", (good[0] + 1, good[1])),
                        ("y is off by one", (good[0], good[1] + 1)),
                        ("x and y swapped", (good[1], good[0])),
                        ("y is zero", (good[0], 0)), ("x is zero", (0, good[1]))):
        yield name, point, curve.multiply(d, point)
    if curve is P256:
        point = SECP256K1.multiply(random.below(SECP256K1.n), SECP256K1.g)
        yield "a point of secp256k1", point, SECP256K1.multiply(d, point)
    else:
        point = P256.multiply(random.below(P256.n), P256.g)
        yield "a point of P-256", point, P256.multiply(d, point)
    yield "zero and zero, read as infinity", (0, 0), None


def bad_coordinates(curve, key, random):
    """Encodings of a good point that are not the one allowed: (reason, epk, Z)."""
    d = number(key, "d")
    point = small_point(curve)
    z = curve.bytes(curve.multiply(d, point)[0])
    over = (point[0] + curve.p).to_bytes(curve.size, "big")
    yield "x not below p", epk_of(curve, point, x=over), z
    if curve is P521:
        over = (point[1] + curve.p).to_bytes(curve.size, "big")
        yield "y not below p", epk_of(curve, point, y=over), z
    point, z = ephemeral(curve, key, random,
                         lambda point, shared: leading_zeros(curve, point[0], 1))
    yield "x without its leading zero", epk_of(curve, point, x=curve.bytes(point[0])[1:]), z
    yield "x with a zero too many", epk_of(curve, point, x=b"\0" + curve.bytes(point[0])), z
    yield "y with a zero too many", epk_of(curve, point, y=b"\0" + curve.bytes(point[1])), z
    yield "y in compressed form", epk_of(curve, point, y=bytes([2 + point[1] % 2])), z
    yield "y is empty", epk_of(curve, point, y=b""), z
    other = P521 if curve is P256 else P256
    yield "the other curve's name", epk_of(curve, point, crv=other.name), z
    yield "no name of a curve", epk_of(curve, point, crv=""), z
    yield "the name in small letters", epk_of(curve, point, crv=curve.name.lower()), z
    yield "kty is not EC", epk_of(curve, point, kty="OKP"), z
    yield "a private part", epk_of(curve, point, d=b64(random(curve.size))), z


def kdf_cases(curve, key, random):
    """The KEK of another derivation."""
    area = f"ECDH {curve.name}"
    for reason, kek in (
            ("KDF with \"enc\" for \"alg\"", lambda z: concat_kdf(z, b"A256GCM")),
            ("KDF with ECDH-ES", lambda z: concat_kdf(z, b"ECDH-ES")),
            ("KDF with 128 bits of key", lambda z: concat_kdf(z, bits=128)),
            ("KDF with the length in bytes", lambda z: concat_kdf(z, bits=32)),
            ("KDF without party info", lambda z: concat_kdf(z, party=b"")),
            ("KDF with a PartyUInfo", lambda z: concat_kdf(z, party=u32(5) + b"Alice" + u32(0))),
            ("KDF with SHA-512", lambda z: concat_kdf(z, digest=hashlib.sha512)),
            ("Z as KEK", lambda z: z[:32]),
            ("SHA-256 of Z as KEK", lambda z: hashlib.sha256(z).digest())):
        yield invalid(curve.name, area, reason, seal_ec(random, curve, key, kek=kek))
    point, z = ephemeral(curve, key, random,
                         lambda point, shared: leading_zeros(curve, shared[0], 1))
    yield invalid(curve.name, area, "KDF of a Z without its leading zero",
                  seal_ec(random, curve, key, epk=epk_of(curve, point), z=z.lstrip(b"\0")))


def wrap_cases(curve, key, random):
    area = "AES-KW"
    for size, content in ((16, lambda cek: cek + bytes(16)), (24, lambda cek: cek + bytes(8)),
                          (40, lambda cek: cek[:32]), (48, lambda cek: cek[:32]),
                          (64, lambda cek: cek[:32]), (64, lambda cek: cek[-32:])):
        cek = random(size)
        yield invalid(curve.name, area, f"a content key of {size} bytes",
                      seal_ec(random, curve, key, cek=cek, content_key=content(cek)))
    for check in (bytes(8), b"\xa6" * 7 + b"\xa7", b"\x26" + b"\xa6" * 7, b"\x59" * 8,
                  bytes.fromhex("a65959a600000020")):
        yield invalid(curve.name, area, f"the check value is {check.hex()}",
                      seal_ec(random, curve, key,
                              wrap=lambda kek, cek, check=check: aes_wrap(kek, cek, check)))
    for reason, change in (("nothing wrapped", lambda block: b""),
                           ("cut by a byte", lambda block: block[:-1]),
                           ("cut by a half block", lambda block: block[:-8]),
                           ("the check value alone", lambda block: block[:8]),
                           ("a byte behind it", lambda block: block + b"\0"),
                           ("a half block behind it", lambda block: block + bytes(8)),
                           ("two halves swapped", lambda b: b[:8] + b[16:24] + b[8:16] + b[24:])):
        yield invalid(curve.name, area, reason,
                      seal_ec(random, curve, key,
                              wrap=lambda kek, cek, change=change: change(aes_wrap(kek, cek))))
    for bit in (0, 7, 63, 64, 127, 128, 255, 256, 319):
        yield invalid(curve.name, area, f"bit {bit} flipped", seal_ec(
            random, curve, key, wrap=lambda kek, cek, bit=bit: (
                int.from_bytes(aes_wrap(kek, cek), "big") ^ 1 << 319 - bit).to_bytes(40, "big")))
    for block in (b"", bytes(40), random(40)):
        yield invalid(curve.name, area, "zeros for what does not unwrap", seal_ec(
            random, curve, key, wrap=lambda kek, cek, block=block: block, content_key=bytes(32)))
    for reason, cek in (("a content key of zeros", bytes(32)), ("of ones", b"\xff" * 32),
                        ("of check values", b"\xa6" * 32)):
        yield valid(curve.name, area, reason, seal_ec(random, curve, key, cek=cek))


def direct_cases(curve, key, random):
    """No key is wrapped: the KEK is the content key."""
    scalar = random.below(curve.n)
    z = curve.bytes(curve.multiply(scalar, public_point(key))[0])
    for alg in ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"):
        header = {"alg": alg, "enc": "A256GCM",
                  "epk": epk_of(curve, curve.multiply(scalar, curve.g))}
        yield invalid(curve.name, "JWE", f"direct agreement, called {alg}",
                      finish(random, header, b"", concat_kdf(z), SECRET),
                      refused="decrypt" if alg == "ECDH-ES+A256KW" else "parse")


def ec_cases(curve, key, random):
    area = f"ECDH {curve.name}"
    for reason, point, z in good_points(curve, key, random):
        yield valid(curve.name, area, reason,
                    seal_ec(random, curve, key, epk=epk_of(curve, point), z=z), z=z.hex())
    for reason, point, shared in off_curve(curve, key, random):
        z = curve.bytes(shared[0]) if shared else bytes(curve.size)
        yield invalid(curve.name, area, reason,
                      seal_ec(random, curve, key, epk=epk_of(curve, point), z=z))
    for reason, epk, z in bad_coordinates(curve, key, random):
        over = "not below p" in reason
        yield invalid(curve.name, area, reason, seal_ec(random, curve, key, epk=epk, z=z),
                      refused="decrypt" if over else "parse")
    yield from kdf_cases(curve, key, random)
    if curve is P256:  # what follows the KDF has the same code for both
        yield from wrap_cases(curve, key, random)
    yield from direct_cases(curve, key, random)


def ecdh_cases(curve, random):
    """Agreements alone, with other keys of ours than the JWEs are for."""
    peer = curve.multiply(random.below(curve.n), curve.g)
    for reason, d in (("d = 1", 1), ("d = 2", 2), ("d = n - 1", curve.n - 1),
                      ("d = n - 2", curve.n - 2),
                      ("d with 2 leading zero bytes", random.below(1 << 8 * curve.size - 16)),
                      ("d of 64 bits", random.below(1 << 64)),
                      ("d of one bit", 1 << 8 * 31), ("d of ones", (1 << 255) - 1)):
        own = curve.multiply(d, curve.g)
        base = {"kind": curve.name, "d": curve.bytes(d).hex(),
                "own": [curve.bytes(v).hex() for v in own]}
        for name, point in (("any peer", peer), ("a small x", small_point(curve)),
                            ("the base point", curve.g)):
            yield base | {"reason": f"{reason}, {name}", "result": "valid",
                          "peer": [curve.bytes(v).hex() for v in point],
                          "z": curve.bytes(curve.multiply(d, point)[0]).hex()}
        yield base | {"reason": f"{reason}, a point off the curve", "result": "invalid",
                      "peer": [curve.bytes(v).hex() for v in (peer[0], peer[1] ^ 1)]}
