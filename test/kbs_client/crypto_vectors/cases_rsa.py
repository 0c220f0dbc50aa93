# SPDX-License-Identifier: Apache-2.0
"""RSA-OAEP-256 and RSA1_5 (RFC 8017, 7)."""
import hashlib

from seal import encoder_of, finish, invalid, number, rsa_block, seal_rsa, valid


def block_cases(alg, key, encode, random):
    """What surrounds the padding: (reason, content key, block, whether it is valid)."""
    modulus = number(key, "n")
    while True:  # a block that begins with a zero
        cek = random(32)
        block = rsa_block(key, encode(cek))
        if block[0] == 0:
            break
    yield "the block begins with a zero", cek, block, True
    yield "without its leading zero", cek, block[1:], False
    yield "with a zero too many", cek, b"\0" + block, False
    if int.from_bytes(block, "big") + modulus < 1 << 2048:
        over = int.from_bytes(block, "big") + modulus
        yield "the block plus the modulus", cek, over.to_bytes(256, "big"), False
    cek = random(32)
    block = rsa_block(key, encode(cek))
    yield "a random key", cek, block, True
    yield "cut by a byte", cek, block[:-1], False
    yield "a byte behind it", cek, block + b"\0", False
    yield "bytes in reverse", cek, block[::-1], False
    for bit in (0, 1, 1000, 2047):
        flipped = int.from_bytes(block, "big") ^ 1 << bit
        yield f"bit {bit} flipped", cek, flipped.to_bytes(256, "big"), False
    for reason, cek in (("a content key of zeros", bytes(32)), ("of ones", b"\xff" * 32)):
        yield reason, cek, rsa_block(key, encode(cek)), True
    for reason, value in (("0", 0), ("1", 1), ("n - 1", modulus - 1), ("n", modulus)):
        # These are their own roots: under no padding they are the last 32 bytes.
        last = (value % modulus).to_bytes(256, "big")[-32:]
        yield f"the block is {reason}", last, value.to_bytes(256, "big"), False
    yield "no block", bytes(32), b"", False
    yield "zeros for what does not decrypt", bytes(32), b"\0" + random(255), False


def length_cases(key, encode, random):
    """Content keys of other lengths, with content under what a lax reader may cut from them."""
    for size in (0, 1, 16, 24, 31, 33, 48, 64):
        cek = random(size)
        for side, content_key in (("first", (cek + bytes(32))[:32]),
                                  ("last", (bytes(32) + cek)[-32:])):
            yield (f"a content key of {size} bytes, {side} 32 used", content_key,
                   rsa_block(key, encode(cek)))


def oaep_cases(key, encode, random):
    sha1, sha256, sha512 = hashlib.sha1, hashlib.sha256, hashlib.sha512
    for reason, how in (
            ("OAEP with SHA-1", {"digest": sha1}),
            ("OAEP with SHA-512", {"digest": sha512}),
            ("MGF1 with SHA-1", {"mask_digest": sha1}),
            ("OAEP with SHA-1, MGF1 with SHA-256", {"digest": sha1, "mask_digest": sha256}),
            ("a label", {"label": b"label"}), ("a label of one zero", {"label": b"\0"}),
            ("the first byte is 1", {"first": 1}), ("the separator is 0", {"separator": 0}),
            ("the separator is 2", {"separator": 2}), ("PS is not zero", {"padding": 2}),
            ("PS is of ones", {"padding": 1})):
        cek = random(32)
        yield reason, cek, rsa_block(key, encode(cek, **how))
    cek = random(32)
    yield "PKCS #1 v1.5 for OAEP", cek, rsa_block(key, encoder_of("RSA1_5", random)(cek))


def pkcs1_cases(key, encode, random):
    for reason, how in (("the first byte is 1", {"first": 1}), ("block type 0", {"block_type": 0}),
                        ("block type 1", {"block_type": 1}), ("block type 3", {"block_type": 3}),
                        ("block type 0x82", {"block_type": 0x82}),
                        ("no separator", {"separator": 1}),
                        ("the separator is 0x80", {"separator": 0x80})):
        cek = random(32)
        yield reason, cek, rsa_block(key, encode(cek, **how))
    for place in (2, 3, 9, 10, 100, 221, 222):
        cek = random(32)
        encoded = bytearray(encode(cek))
        encoded[place] = 0
        yield f"a zero in PS, at {place}", cek, rsa_block(key, bytes(encoded))
    cek = random(32)
    yield "OAEP for PKCS #1 v1.5", cek, rsa_block(key, encoder_of("RSA-OAEP-256", random)(cek))
    yield "no padding but zeros", cek, rsa_block(key, bytes(224) + cek)


def header_cases(alg, key, encode, random):
    for name in ("RSA-OAEP", "RSA-OAEP-256", "RSA1_5", "RSA-OAEP-384", "dir"):
        if name != alg:
            cek = random(32)
            header = {"alg": name, "enc": "A256GCM"}
            yield invalid(alg, "JWE", f"\"alg\" is {name}",
                          finish(random, header, rsa_block(key, encode(cek)), cek), refused="parse")


def rsa_cases(alg, key, random):
    encode = encoder_of(alg, random)
    for reason, cek, block, good in block_cases(alg, key, encode, random):
        kind_of_case = valid if good else invalid
        yield kind_of_case(alg, alg, reason, seal_rsa(random, alg, block, cek))
    if alg == "RSA1_5":
        encoded = b"\0\2" + b"\1" * 221 + b"\0" + bytes(32)
        yield valid(alg, alg, "PS is of ones", seal_rsa(random, alg, rsa_block(key, encoded),
                                                        bytes(32)))
    special = oaep_cases if alg == "RSA-OAEP-256" else pkcs1_cases
    for cases in (length_cases, special):
        for reason, cek, block in cases(key, encode, random):
            yield invalid(alg, alg, reason, seal_rsa(random, alg, block, cek))
    yield from header_cases(alg, key, encode, random)
