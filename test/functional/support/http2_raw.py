# SPDX-License-Identifier: Apache-2.0
"""Frames of HTTP/2 (RFC 9113), written and read one by one: what no library would send."""
import re
import struct

from support.ttrpc import HungUp, connect

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
(DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE,
 CONTINUATION) = range(10)
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
CANCEL = 8


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def number(value, prefix_bits, first=0):
    """An integer of HPACK (RFC 7541, 5.1) behind the bits of `first`."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = bytearray([first | most]), value - most
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def literal(name, value, indexed=False):
    """A header as it is, kept in the peer's table when it is `indexed`."""
    raw = [one if isinstance(one, bytes) else one.encode() for one in (name, value)]
    return (b"\x40" if indexed else b"\x00") + b"".join(number(len(one), 7) + one for one in raw)


def request_block(path, more=(), content_type="application/grpc"):
    """The headers of a call of gRPC; `more` are pairs."""
    pairs = [(":method", "POST"), (":scheme", "http"), (":path", f"/{path}"),
             (":authority", "localhost"), ("te", "trailers"), ("content-type", content_type)]
    return b"".join(literal(*pair) for pair in pairs + list(more))


def message(payload, says=None):
    """A message of gRPC: a byte, its length (or what it `says` of that), itself."""
    return struct.pack(">BI", 0, len(payload) if says is None else says) + payload


def call(stream, path, payload, more=()):
    """A whole unary call."""
    return (frame(HEADERS, END_HEADERS, stream, request_block(path, more)) +
            frame(DATA, END_STREAM, stream, message(payload)))


class Http2Client:
    """A connection that has said its preface and settings."""

    def __init__(self, place):
        self.socket = connect(place)
        self.socket.sendall(PREFACE + frame(SETTINGS))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False when the server has hung up."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def _exactly(self, size):
        data = bytearray()
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionError:
                more = b""
            if not more:
                raise HungUp()
            data += more
        return bytes(data)

    def receive(self):
        """(kind, flags, stream, payload) of the next frame."""
        head = self._exactly(9)
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        return kind, flags, stream, self._exactly(int.from_bytes(head[:3], "big"))

    def status(self, stream):
        """What becomes of a stream: its grpc-status, "RST", "GOAWAY" or "HTTP 415".

        gRPC writes a new header plainly: only the first status of a connection is found.
        """
        headers = b""
        while True:
            kind, flags, at, payload = self.receive()
            if kind == GOAWAY:
                return "GOAWAY"
            if at == stream and kind == RST_STREAM:
                return "RST"
            if at == stream and kind == HEADERS:
                headers += payload
                found = re.search(rb"grpc-status[\x01\x02](\d+)", headers)
                if found:
                    return int(found[1])
                if flags & END_STREAM:
                    return f"headers {headers!r}"
