# SPDX-License-Identifier: Apache-2.0
"""A256GCM, what it authenticates, and the JWE of protocol 0.1.1."""
import base64
import copy
import json

from primitives import b64
from seal import SECRET, encoder_of, invalid, rsa_block, seal_any, seal_rsa, valid

AREA = "AES-GCM"


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def flipped(text, bit):
    data = bytearray(decoded(text))
    data[bit // 8] ^= 1 << bit % 8
    return b64(bytes(data))


def header_text(jwe):
    return decoded(jwe["protected"]).decode()


def good_cases(kind, key, random):
    for size in (0, 1, 15, 16, 17, 31, 32, 33, 64, 127, 255):
        plaintext = random(size)
        yield valid(kind, AREA, f"{size} bytes", seal_any(random, kind, key, plaintext=plaintext),
                    plaintext)
    for reason, plaintext in (("zeros", bytes(48)), ("ones", b"\xff" * 48)):
        yield valid(kind, AREA, reason, seal_any(random, kind, key, plaintext=plaintext), plaintext)
    for iv in (bytes(12), b"\xff" * 12):
        yield valid(kind, AREA, f"the IV is {iv.hex()}", seal_any(random, kind, key, iv=iv))


def tag_cases(kind, key, random):
    jwe = seal_any(random, kind, key)
    yield valid(kind, AREA, "before its bits are flipped", jwe)
    for member in ("tag", "iv", "ciphertext"):
        size = len(decoded(jwe[member])) * 8
        for bit in (0, 7, 8, size // 2, size - 1):
            yield invalid(kind, AREA, f"bit {bit} of {member} flipped",
                          jwe | {member: flipped(jwe[member], bit)})
    for reason, tag in (("zeros", bytes(16)), ("ones", b"\xff" * 16),
                        ("the right one inverted", bytes(b ^ 0xff for b in decoded(jwe["tag"])))):
        yield invalid(kind, AREA, f"the tag is {reason}", jwe | {"tag": b64(tag)})
    for size in (4, 8, 12, 13, 14, 15):
        yield invalid(kind, AREA, f"a good tag of {size} bytes",
                      seal_any(random, kind, key, tag_size=size), refused="parse")
    for reason, tag in (("empty", b""), ("a byte too long", decoded(jwe["tag"]) + b"\0")):
        yield invalid(kind, AREA, f"the tag is {reason}", jwe | {"tag": b64(tag)}, refused="parse")
    for size in (1, 8, 11, 13, 16, 32):
        yield invalid(kind, AREA, f"an IV of {size} bytes",
                      seal_any(random, kind, key, iv=random(size)), refused="parse")
    yield invalid(kind, AREA, "the IV is empty", jwe | {"iv": ""}, refused="parse")
    short = decoded(jwe["ciphertext"])
    yield invalid(kind, AREA, "a byte cut off", jwe | {"ciphertext": b64(short[:-1])})
    yield invalid(kind, AREA, "a byte added", jwe | {"ciphertext": b64(short + b"\0")})
    yield invalid(kind, AREA, "all cut off", jwe | {"ciphertext": ""})


def header_cases(kind, key, random):
    """The header is authenticated as the text that it is."""
    for reason, additional in (("nothing", b""), ("a space", b" ")):
        yield invalid(kind, AREA, f"{reason} for additional data",
                      seal_any(random, kind, key, additional=additional))
    jwe = seal_any(random, kind, key)
    header = header_text(jwe)
    turned = json.dumps(dict(reversed(list(json.loads(header).items()))))
    yield invalid(kind, AREA, "the header put in another order",
                  jwe | {"protected": b64(turned.encode())})
    # The same keys again, with the header written otherwise.
    plain = header_text(seal_any(copy.copy(random), kind, key))
    for reason, text in (("with spaces", json.dumps(json.loads(plain))),
                         ("in another order", json.dumps(
                             dict(reversed(list(json.loads(plain).items()))))),
                         ("with an escape", plain.replace("A256GCM", "A256\\u0047CM"))):
        yield valid(kind, "JWE", f"the header {reason}",
                    seal_any(copy.copy(random), kind, key, protected=text))
    for reason, change in (("an \"aad\"", {"aad": "YWFk"}),
                           ("an unprotected header", {"header": {}}),
                           ("padding in \"protected\"", {"protected": jwe["protected"] + "="}),
                           ("padding in \"tag\"", {"tag": jwe["tag"] + "=="})):
        yield invalid(kind, "JWE", reason, jwe | change, refused="parse")
    for member in ("protected", "encrypted_key", "iv", "ciphertext", "tag"):
        yield invalid(kind, "JWE", f"no \"{member}\"",
                      {name: text for name, text in jwe.items() if name != member},
                      refused="parse")
    extra = plain[:-1] + ',"kid":"1"}'
    yield invalid(kind, "JWE", "a member \"kid\"",
                  jwe | {"protected": b64(extra.encode())}, refused="parse")


def gcm_cases(kind, key, random):
    if kind == "P-256":  # the content has the same code for all
        yield from good_cases(kind, key, random)
        yield from tag_cases(kind, key, random)
    yield from header_cases(kind, key, random)


def as_legacy(jwe):
    """The parts of a JWE, laid out as in protocol 0.1.1."""
    whole = decoded(jwe["ciphertext"]) + decoded(jwe["tag"])
    return jwe | {"protected": header_text(jwe), "ciphertext": b64(whole), "tag": ""}


def legacy_cases(key, random):
    alg, area = "RSA1_5", "protocol 0.1.1"
    encode = encoder_of(alg, random)

    def seal(plaintext=SECRET, **content):
        cek = random(32)
        return as_legacy(seal_rsa(random, alg, rsa_block(key, encode(cek)), cek,
                                  plaintext=plaintext, **({"additional": b""} | content)))

    good = seal()
    whole = decoded(good["ciphertext"])
    cases = [valid(alg, area, "as it should be", good),
             valid(alg, area, "empty", seal(b""), b""),
             valid(alg, area, "17 bytes", seal(bytes(17)), bytes(17)),
             invalid(alg, area, "additional data as in RFC 7516", seal(additional=None)),
             invalid(alg, area, "the header for additional data",
                     seal(additional=good["protected"].encode())),
             invalid(alg, area, "a tag of 12 bytes", seal(tag_size=12)),
             invalid(alg, area, "the tag cut off", good | {"ciphertext": b64(whole[:-16])}),
             invalid(alg, area, "the tag in front",
                     good | {"ciphertext": b64(whole[-16:] + whole[:-16])})]
    cases += [invalid(alg, area, f"bit {bit} flipped",
                      good | {"ciphertext": flipped(good["ciphertext"], bit)})
              for bit in (0, 100, len(whole) * 8 - 1)]
    shapes = (("the tag apart", {"ciphertext": b64(whole[:-16]), "tag": b64(whole[-16:])}),
              ("less than a tag", {"ciphertext": b64(whole[-15:])}),
              ("the header in base64url", {"protected": b64(good["protected"].encode())}),
              ("another \"alg\"", {"protected": '{"alg":"RSA-OAEP-256","enc":"A256GCM"}'}),
              ("another \"enc\"", {"protected": '{"alg":"RSA1_5","enc":"A128GCM"}'}),
              ("an \"epk\"", {"protected": '{"alg":"RSA1_5","enc":"A256GCM","epk":{}}'}),
              ("an \"aad\"", {"aad": ""}))
    cases += [invalid(alg, area, reason, good | change, refused="parse")
              for reason, change in shapes]
    # Padding is looked at in this form too.
    cek = random(32)
    block = rsa_block(key, encode(cek, block_type=1))
    cases.append(invalid(alg, area, "block type 1",
                         as_legacy(seal_rsa(random, alg, block, cek, additional=b""))))
    return [case | {"form": "legacy"} for case in cases]
