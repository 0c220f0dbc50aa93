# SPDX-License-Identifier: Apache-2.0
"""Annotation packets of encrypted layers: good, and with one flaw each."""
import base64
import json

from sealing import (KEK, KEK_BYTES, OPTIONS, OTHER_KEK, PLAINTEXT, RANDOM, ctr, flipped, gcm_text,
                     std, without)


def packet(wrap_type="A256GCM", key=KEK_BYTES, layout=2, options=OPTIONS, **changes):
    iv = RANDOM(12 if wrap_type == "A256GCM" else 16)
    cipher = gcm_text if wrap_type == "A256GCM" else ctr
    fields = {"kid": KEK, "wrapped_data": std(cipher(key, iv, options)), "iv": std(iv),
              "wrap_type": wrap_type}
    if layout == 2:
        fields |= {"version": "0.1.0", "provider": "kbs", "provider_settings": {},
                   "annotations": {}}
    return fields | changes


def packet_case(name, fields, **more):
    text = fields if isinstance(fields, str) else json.dumps(fields)
    return {"name": name, "packet": text} | more


def packet_cases():
    hex_options = OPTIONS.hex()
    for version in (1, 2):
        for wrap_type in ("A256GCM", "A256CTR"):
            yield packet_case(f"version {version}, {wrap_type}", packet(wrap_type, layout=version),
                              options=hex_options)
    yield packet_case("bytes that are no JSON", packet(options=PLAINTEXT), options=PLAINTEXT.hex())
    yield packet_case("nothing", packet(options=b""), options="")
    yield packet_case("members that are not known", packet(x=[1, {}], provider="KBS"),
                      options=hex_options)
    fails = {"reason": "DOES_NOT_DECRYPT"}
    base = packet()
    for wrap_type in ("A256GCM", "A256CTR"):
        base = packet(wrap_type)
        for name in ("wrapped_data", "iv"):
            yield packet_case(f"{wrap_type}: {name} changed", base | {name: flipped(base[name])},
                              **fails)
        yield packet_case(f"{wrap_type}: another key", packet(wrap_type, key=OTHER_KEK), **fails)
    whole = packet()
    counter = std(base64.b64decode(whole["iv"]) + b"\0\0\0\2")
    yield packet_case("A256GCM passed off as A256CTR", whole | {"wrap_type": "A256CTR",
                                                               "iv": counter}, **fails)
    yield packet_case("A256CTR of what is no object", packet("A256CTR", options=PLAINTEXT), **fails)
    broken = {"reason": "BAD_PACKET"}
    for name in ("kid", "wrapped_data", "iv", "wrap_type"):
        yield packet_case(f"without {name}", without(packet(), name), **broken)
    for name in ("kid", "wrapped_data", "iv", "wrap_type", "version", "provider"):
        for value in (None, 7, "?"):
            if (name, value) != ("kid", "?"):
                yield packet_case(f"{name} is {value!r}", packet(**{name: value}), **broken)
    for provider in ("aliyun", "aws", "ehsm"):
        yield packet_case(f"provider {provider}", packet(provider=provider), **broken)
    yield packet_case("IV of 16 bytes", packet(iv=std(bytes(16))), **broken)
    yield packet_case("less than a tag", packet(wrapped_data=std(bytes(15))), **broken)
    yield packet_case("no JSON", "no JSON", **broken)
    yield packet_case("a list", "[]", **broken)
    yield packet_case("nested 10000 deep", "[" * 10000, **broken)
    for kid in ("", "/default/image-kek/1", "kbs:///default/key", "http://a/b/c/d"):
        yield packet_case(f"kid {kid!r}", packet(kid=kid), reason="BAD_URI")
    for size in (0, 31, 33):
        yield packet_case(f"a key of {size} bytes", packet(), kek=bytes(size).hex(),
                          reason="KEY_UNFIT")
