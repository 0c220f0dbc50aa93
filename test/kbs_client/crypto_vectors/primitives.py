# SPDX-License-Identifier: Apache-2.0
"""Elliptic curves, paddings and key wraps for make_vectors.py, written out so that each step can be
done wrongly on purpose. Arithmetic is Python's; AES is pycryptodome's. No part of it is OpenSSL."""
import base64
import hashlib
import struct

from Cryptodome.Cipher import AES


class Random:
    """Bytes that are the same in each run: SHA-256 of a seed and a counter."""

    def __init__(self, seed):
        self.seed, self.counter, self.rest = seed.encode(), 0, b""

    def __call__(self, size):
        while len(self.rest) < size:
            self.rest += hashlib.sha256(self.seed + struct.pack(">Q", self.counter)).digest()
            self.counter += 1
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def below(self, limit):
        return int.from_bytes(self(limit.bit_length() // 8 + 9), "big") % (limit - 1) + 1


class Curve:
    """y^2 = x^3 + a x + b over p (SEC 2). None is the point at infinity."""

    def __init__(self, name, size, p, b, n, g, a=-3):
        self.name, self.size, self.p, self.a, self.b, self.n, self.g = name, size, p, a, b, n, g

    def add(self, first, second):
        # b plays no part: it works off the curve too, as it does in an implementation that does
        # not look.
        if first is None or second is None:
            return first or second
        (x1, y1), (x2, y2) = first, second
        if x1 == x2 and (y1 + y2) % self.p == 0:
            return None
        if first == second:
            slope = (3 * x1 * x1 + self.a) * pow(2 * y1, -1, self.p)
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, self.p)
        x3 = (slope * slope - x1 - x2) % self.p
        return x3, (slope * (x1 - x3) - y1) % self.p

    def multiply(self, scalar, point):
        result = None
        for bit in bin(scalar)[2:]:
            result = self.add(result, result)
            if bit == "1":
                result = self.add(result, point)
        return result

    def y_of(self, x):
        """A y for x, or None. p = 3 mod 4 on all these curves."""
        square = (x**3 + self.a * x + self.b) % self.p
        y = pow(square, (self.p + 1) // 4, self.p)
        return y if y * y % self.p == square else None

    def bytes(self, number):
        return number.to_bytes(self.size, "big")


P256 = Curve(
    "P-256", 32, 2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5))
P521 = Curve(
    "P-521", 66, 2**521 - 1,
    int("51953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E1"
        "56193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00", 16),
    int("1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "A51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16),
    (int("C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBA"
        "A14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66", 16),
     int("11839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662"
        "C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650", 16)))
SECP256K1 = Curve(
    "secp256k1", 32, 2**256 - 2**32 - 977, 7,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8), a=0)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def u32(number):
    return struct.pack(">I", number)


def concat_kdf(z, algorithm=b"ECDH-ES+A256KW", bits=256, party=u32(0) + u32(0),
               digest=hashlib.sha256):
    """RFC 7518, 4.6.2, one round."""
    info = u32(len(algorithm)) + algorithm + party + u32(bits)
    return digest(u32(1) + z + info).digest()[:32]


def aes_wrap(kek, data, check=b"\xa6" * 8):
    """RFC 3394, 2.2.1, with any initial value."""
    block = AES.new(kek, AES.MODE_ECB)
    parts = [data[i:i + 8] for i in range(0, len(data), 8)]
    for j in range(6):
        for i, part in enumerate(parts):
            both = block.encrypt(check + part)
            count = len(parts) * j + i + 1
            check = (int.from_bytes(both[:8], "big") ^ count).to_bytes(8, "big")
            parts[i] = both[8:]
    return check + b"".join(parts)


def gcm(key, iv, additional, plaintext, tag_size=16):
    cipher = AES.new(key, AES.MODE_GCM, nonce=iv, mac_len=tag_size)
    cipher.update(additional)
    return cipher.encrypt_and_digest(plaintext)


def mgf1(seed, size, digest):
    mask = b"".join(digest(seed + u32(i)).digest() for i in range(size // digest().digest_size + 1))
    return mask[:size]


def xor(first, second):
    return bytes(a ^ b for a, b in zip(first, second))


def oaep(message, seed, size=256, digest=hashlib.sha256, mask_digest=None, label=b"", first=0,
         separator=1, padding=0):
    """EME-OAEP (RFC 8017, 7.1.1), or something near it."""
    mask_digest = mask_digest or digest
    label_hash = digest(label).digest()
    room = size - len(message) - 2 * len(label_hash) - 2
    data = label_hash + bytes([padding]) * room + bytes([separator]) + message
    masked = xor(data, mgf1(seed, len(data), mask_digest))
    return bytes([first]) + xor(seed, mgf1(masked, len(seed), mask_digest)) + masked


def pkcs1(message, random, size=256, first=0, block_type=2, separator=0):
    """EME-PKCS1-v1_5 (RFC 8017, 7.2.1), or something near it."""
    padding = bytes(byte % 255 + 1 for byte in random(size - len(message) - 3))
    return bytes([first, block_type]) + padding + bytes([separator]) + message
