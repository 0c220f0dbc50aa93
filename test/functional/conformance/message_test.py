# SPDX-License-Identifier: Apache-2.0
"""Cases 19, 20 and 36: messages that are too long or none, and sealed secrets that are none."""
import base64
import json
import struct

from conformance.callers import LIMIT, PROBE, CallerCase
from conformance.expect import MALFORMED, OK
from conformance.ways import GET, HUNG_UP, timed, told_by_ttrpc
from support.rpc import AGENT
from support.sample_site import URI
from support.ttrpc import HEADER, HungUp, TtrpcClient, field, frame, request_data

KIB, MIB = 1 << 10, 1 << 20
UNSEAL = "api.SealedSecretService/UnsealSecret"
UNWRAP = "keyprovider.KeyProviderService/UnWrapKey"
WRAP = "keyprovider.KeyProviderService/WrapKey"
EXTEND = f"{AGENT}/ExtendRuntimeMeasurement"
LEGACY = "getresource.GetResourceService/GetResource"
TEXTS = (GET, LEGACY, f"{AGENT}/GetToken")
TOO_LONG = {("RESOURCE_EXHAUSTED", "")}
CUT_OFF = TOO_LONG | {("UNAVAILABLE", ""), ("INTERNAL", ""), ("CANCELLED", "")}
GRPC_QUOTA = 32 * MIB  # agent/grpc_door.cc
NO_FRAME = {("INVALID_ARGUMENT", "")}
BODY_TOO_LONG = {("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")}
BAD_PACKET = {("INVALID_ARGUMENT", reason)
              for reason in ("BAD_PACKET", "SIGNATURE_REFUSED", "MALFORMED")}
JSON_TYPE = ["Content-Type: application/json"]


def b64url(text):
    data = text if isinstance(text, bytes) else text.encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def std(data):
    return base64.b64encode(data).decode()


def groups(depth):
    """Unknown groups in each other (wire types 3 and 4 of field 15)."""
    return b"\x7b" * depth + b"\x7c" * depth


JUNK = {
    "cut off": b"\x0a\x7fshort", "no tag": b"\xff", "endless varint": b"\x0a" + b"\xff" * 11,
    "length of 2^63": b"\x0a" + b"\xff" * 8 + b"\x7f", "field 0": b"\x02\x01a",
    "wire type 6": b"\x0e\x01", "wire type 7": b"\x0f", "group without end": b"\x0b",
    "end without group": b"\x0c", "200 groups": groups(200), "10,000 groups": groups(10_000),
    "no UTF-8": b"\x0a\x02\xc3\x28", "text": b"hello, world", "zeros": bytes(64)}


class MessageTest(CallerCase):
    def setUp(self):
        super().setUp()
        self.open_doors()
        self.addCleanup(self.still_served)

    def ttrpc_raw(self, way, data):
        """The first answer to these bytes."""
        def ask():
            with TtrpcClient(way.place) as client:
                try:
                    client.socket.sendall(data)
                    return told_by_ttrpc(client.receive())
                except (HungUp, OSError):
                    return HUNG_UP, "", "", b""
        return timed(ask)

    def test_case_19_a_message_above_64_kib_is_too_large(self):
        """RESOURCE_EXHAUSTED at each method, and no such memory taken"""
        for size in (64 * KIB + 1, 100 * KIB, MIB, 4 * MIB):
            # gRPC judges a length when the whole message is there (grpc/grpc#43012).
            grpc_limit = LIMIT + 2 * size
            request = field(1, PROBE.encode() + b"m" * size)
            for method in (GET, UNSEAL, UNWRAP, f"{AGENT}/GetEvidence"):
                for way in self.grpc_ways:
                    self.variant(f"{way.name}: {method} {size}", TOO_LONG,
                                 lambda way=way, method=method, r=request: way.call(method, r),
                                 limit=grpc_limit)
                for way in self.ttrpc_ways:
                    # A frame of more than 4 MiB is none; then the rest is not read.
                    self.variant(f"{way.name}: {method} {size}", TOO_LONG | (
                        NO_FRAME | {(HUNG_UP, "")} if size >= 4 * MIB else set()),
                        lambda way=way, method=method, r=request: way.call(method, r))
            self.variant(f"rest: body of {size}", BODY_TOO_LONG | {(HUNG_UP, "")},
                         lambda size=size: self.rest.request(
                             "/aa/aael", "POST", [f"Content-Length: {size}"] + JSON_TYPE,
                             b"m" * size))

    def test_case_19_what_grpc_holds_of_too_large_messages_is_bounded(self):
        """messages of 256 MiB: gRPC holds no more than its quota"""
        for way in self.grpc_ways:
            self.variant(f"{way.name}: 256 MiB", CUT_OFF, lambda way=way: way.call(
                GET, bytes(256 * MIB), 60), seconds=60, limit=LIMIT + 2 * GRPC_QUOTA)
        self.still_served()

    def test_case_19_a_length_alone_takes_no_memory(self):
        """frames and bodies that say 4 MiB, 2 GiB, and do not come: refused at their head"""
        for size, expected in ((4 * MIB, TOO_LONG), (4 * MIB + 1, NO_FRAME), (2 << 30, NO_FRAME),
                               ((1 << 32) - 1, NO_FRAME)):
            for way in self.ttrpc_ways:
                self.variant(f"{way.name}: header of {size}", expected,
                             lambda way=way, size=size: self.ttrpc_raw(
                                 way, HEADER.pack(size, 1, 1, 0)))
        for size in (4 * MIB, 2 << 30, (1 << 64) - 1, 1 << 64, 1 << 80):
            self.variant(f"rest: Content-Length {size}",
                         BODY_TOO_LONG | MALFORMED | {("HTTP 400", ""), ("HTTP 413", "")},
                         lambda size=size: self.rest.request(
                             "/aa/aael", "POST", [f"Content-Length: {size}"] + JSON_TYPE))

    def test_case_20_bytes_that_are_no_message_are_invalid(self):
        """malformed protobuf, wrong wire types, deep groups: INVALID_ARGUMENT"""
        for method in (GET, UNSEAL, UNWRAP, EXTEND, f"{AGENT}/GetEvidence", f"{AGENT}/GetToken",
                       LEGACY):
            for name, junk in JUNK.items():
                if name == "no UTF-8" and method not in TEXTS:
                    continue  # the first field of the others is bytes
                for way in self.rpc_ways:
                    self.variant(f"{way.name}: {method} {name}", MALFORMED,
                                 lambda way=way, method=method, junk=junk: way.call(method, junk))

    def test_case_20_an_envelope_that_is_none_is_invalid(self):
        """a ttRPC Request that is malformed, a frame of none: INVALID_ARGUMENT"""
        for way in self.ttrpc_ways:
            for name, junk in JUNK.items():
                if name in ("no UTF-8", "text"):
                    continue
                self.variant(f"{way.name}: {name}", NO_FRAME,
                             lambda way=way, junk=junk: self.ttrpc_raw(way, frame(junk)))
            whole = request_data(GET, field(1, URI))
            for name, data in (("stream 0", frame(whole, 0)), ("stream 2", frame(whole, 2)),
                               ("data", frame(whole, 1, 3)), ("open", frame(whole, 1, 1, 2))):
                self.variant(f"{way.name}: {name}", NO_FRAME,
                             lambda way=way, data=data: self.ttrpc_raw(way, data))

    def test_case_20_unknown_fields_change_nothing(self):
        """fields of a client that is newer are left out of account, as protobuf has it"""
        # The list says INVALID_ARGUMENT; guest-components' own clients have added fields since.
        plain = field(1, URI)
        for name, more in (("field 15", field(15, PROBE)), ("field 2", field(2, PROBE)),
                           ("a varint", field(99, 7)), ("50 groups", groups(50)),
                           ("1,000 fields", field(15, 1) * 1000)):
            for way in self.rpc_ways:
                self.variant(f"{way.name}: {name}", OK, lambda way=way, more=more: self.secret_of(
                    way.call(GET, more + plain)), asks_broker=True)
        for way in self.rpc_ways:  # the last one counts, and is judged
            self.variant(f"{way.name}: twice", {("INVALID_ARGUMENT", "BAD_URI")},
                         lambda way=way: way.call(GET, plain + field(1, PROBE)))

    def secret_of(self, reply):
        return reply if reply.code != "OK" else reply._replace(value=reply.value[2:])

    def test_case_20_bodies_that_are_no_event_are_invalid(self):
        """malformed, deep and unknown JSON for /aa/aael: INVALID_ARGUMENT"""
        event = {"domain": "a", "operation": "b", "content": "c"}
        for body in ("", "{", "[]", "null", "1", PROBE, "[" * 10_000, '{"a":' * 10_000,
                     json.dumps(event | {"more": PROBE}), json.dumps(event | {"content": 1}),
                     json.dumps(event | {"content": {"a": "b"}}), json.dumps({"domain": "a"}),
                     '{"domain":"a","domain":"b","operation":"b","content":"c"}',
                     json.dumps(event) + "x", "\ufeff" + json.dumps(event), '{"domain":"\\ud800"}'):
            raw = body.encode()
            self.variant(f"rest: {body[:30]!r}", MALFORMED, lambda raw=raw: self.rest.request(
                "/aa/aael", "POST", [f"Content-Length: {len(raw)}"] + JSON_TYPE, raw))

    def sealed(self, name, text, expected=None):
        for way in self.rpc_ways:
            self.variant(f"{way.name}: {name}", expected or BAD_PACKET,
                         lambda way=way: way.call(UNSEAL, field(1, text)))

    def test_case_36_a_sealed_secret_that_is_none_is_invalid(self):
        """garbage, alg none, 10,000 levels: INVALID_ARGUMENT, and no key is asked for"""
        good = json.dumps({"alg": "ES256", "kid": "kbs:///keys/signer/1"})
        vault = json.dumps({"version": "0.1.0", "type": "vault", "name": URI, "provider": "kbs",
                            "provider_settings": {}, "annotations": {}})
        for name, text in (("empty", ""), ("a word", PROBE), ("no dots", "sealed"),
                           ("empty parts", "sealed..."), ("dots", "." * 10_000),
                           ("bytes", bytes(range(256))), ("NULs", bytes(1000)),
                           ("no Base64", "sealed.!.!.!"), ("padding", "sealed.e30=.e30=.e30="),
                           ("60 KiB", "sealed." + "A" * (60 * KIB))):
            self.sealed(name, text)
        for alg in ("none", "None", "NONE", "", "HS256", "RS256", "ES384", "EdDSA", "es256"):
            for signature in ("", b64url(bytes(64))):
                header = json.dumps({"alg": alg, "kid": "kbs:///keys/signer/1"})
                self.sealed(f"alg {alg!r} {len(signature)}",
                            f"sealed.{b64url(header)}.{b64url(vault)}.{signature}")
        for name, deep in (("lists", "[" * 10_000), ("objects", '{"a":' * 8_000),
                           ("whole", "[" * 10_000 + "]" * 10_000)):
            self.sealed(f"header of {name}", f"sealed.{b64url(deep)}.{b64url(vault)}.AA")
            self.sealed(f"deep member of {name}", "sealed." + b64url(
                '{"alg":"ES256","kid":' + deep + "}") + f".{b64url(vault)}.AA")
            self.sealed(f"payload of {name}", f"sealed.{b64url(good)}.{b64url(deep)}.AA")

    def test_case_36_a_key_packet_that_is_none_is_invalid(self):
        """garbage, alg none, 10,000 levels in UnWrapKey: INVALID_ARGUMENT, no key asked for"""
        fine = {"kid": "kbs:///keys/kek/1", "wrapped_data": std(bytes(48)), "iv": std(bytes(12)),
                "wrap_type": "A256GCM"}
        packets = {"empty": b"", "garbage": bytes(range(256)), "a word": PROBE.encode(),
                   "lists": b"[" * 10_000, "objects": b'{"a":' * 8_000,
                   "whole": b"[" * 10_000 + b"]" * 10_000, "null": b"null", "no members": b"{}",
                   "kid of lists": b'{"kid":' + b"[" * 10_000 + b"}"}
        for name, wrong in (("wrap_type none", {"wrap_type": "none"}),
                            ("wrap_type", {"wrap_type": ""}),
                            ("iv", {"iv": std(bytes(3))}), ("no Base64", {"iv": "!"}),
                            ("kid", {"kid": "file:///etc/passwd"}), ("no kid", {"kid": ""}),
                            ("kid elsewhere", {"kid": "kbs+auth:///a"}),
                            ("short", {"wrapped_data": ""}), ("number", {"iv": 1})):
            packets[name] = json.dumps(fine | wrong).encode()
        for name, packet in packets.items():
            text = json.dumps({"op": "keyunwrap", "keywrapparams": {}, "keyunwrapparams": {
                "dc": {"Parameters": {"attestation-agent": [""]}}, "annotation": std(packet)}})
            self.unwrap(f"packet {name}", text)
        for name, text in (("empty", ""), ("garbage", bytes(range(256))), ("a word", PROBE),
                           ("lists", "[" * 60_000), ("objects", '{"a":' * 10_000),
                           ("no op", "{}"), ("op", '{"op":"none"}'),
                           ("annotation",
                            '{"op":"keyunwrap","keyunwrapparams":{"annotation":"!"}}'),
                           ("struct", struct.pack("<Q", 1 << 63))):
            self.unwrap(f"input {name}", text)

    def unwrap(self, name, text):
        for way in self.rpc_ways:
            self.variant(f"{way.name}: {name}",
                         BAD_PACKET | {("INVALID_ARGUMENT", "BAD_URI")},
                         lambda way=way: way.call(UNWRAP, field(1, text)))
