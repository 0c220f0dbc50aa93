# SPDX-License-Identifier: Apache-2.0
"""The agent's event log read a second time, by the layout that guest-components documents."""
import hashlib
import struct

_EV_EVENT_TAG = 6
_AAEL = 0x4141454c
_ALGORITHMS = {0x000b: "sha256", 0x000c: "sha384", 0x000d: "sha512"}


def read_entries(path):
    """[(register, digest, text)] of the whole log."""
    with open(path, "rb") as file:
        log = file.read()
    entries = []
    while log:
        register, kind, count, algorithm = struct.unpack_from("<IIIH", log)
        assert (kind, count) == (_EV_EVENT_TAG, 1), (kind, count)
        name = _ALGORITHMS[algorithm]
        size = hashlib.new(name).digest_size
        digest, log = log[14:14 + size], log[14 + size:]
        (length,) = struct.unpack_from("<I", log)
        data, log = log[4:4 + length], log[4 + length:]
        tag, text_length = struct.unpack_from("<II", data)
        assert (tag, text_length) == (_AAEL, len(data) - 8), (tag, text_length)
        assert hashlib.new(name, data).digest() == digest
        entries.append((register, digest, data[8:].decode()))
    return entries


def replay(entries, register):
    """What the sha256 register is after the log, in hex."""
    value = bytes(32)
    for index, digest, _ in entries:
        if index == register:
            value = hashlib.sha256(value + digest).digest()
    return value.hex()


def tcg_log(events=1):
    """A firmware's log (TCG PC Client Platform Firmware Profile, 10.4.5) with SHA-384 events."""
    spec = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHB", 0, 0, 2, 0, 2, 1, 0x000c, 48, 0)
    log = struct.pack("<II20sI", 1, 3, bytes(20), len(spec)) + spec
    for _ in range(events):
        log += struct.pack("<IIIH48sI", 1, 0x80000001, 1, 0x000c, b"\x03" * 48, 6) + b"kernel"
    return log
