# SPDX-License-Identifier: Apache-2.0
"""A ttRPC client written from the wire format, sharing no code with attestd or any library of it.

A frame is length, stream, type and flags in 10 bytes, big-endian, and data: of a request a protobuf
message Request {service=1, method=2, payload=3, timeout_nano=4}, of a response Response {status=1
{code=1, message=2, details=3}, payload=2}.
"""
import collections
import socket
import struct

HEADER = struct.Struct(">IIBB")
REQUEST, RESPONSE, DATA = 1, 2, 3
PATIENCE_SECONDS = 30

Reply = collections.namedtuple("Reply", "stream code text details payload")


class TtrpcError(Exception):
    def __init__(self, reply):
        super().__init__(f"{reply.code}: {reply.text}")
        self.reply = reply


class HungUp(Exception):
    """The server has closed the connection."""


def _varint(number):
    out = bytearray()
    number &= (1 << 64) - 1
    while number >= 0x80:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, value):
    """A protobuf field: of an int a varint, else length-delimited."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, str):
        value = value.encode()
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _take_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def fields(data):
    """{number: [values]} of a protobuf message of varints and length-delimited fields."""
    found, at = collections.defaultdict(list), 0
    while at < len(data):
        tag, at = _take_varint(data, at)
        value, at = _take_varint(data, at)
        if tag & 7 == 2:
            at, value = at + value, data[at:at + value]
        elif tag & 7:
            raise ValueError(f"wire type {tag & 7}")
        found[tag >> 3].append(value)
    if at != len(data):
        raise ValueError("cut off")
    return found


def request_data(method, payload=b"", nano=0):
    """`method` is "package.Service/Method"."""
    service, name = method.rsplit("/", 1)
    data = field(1, service) + field(2, name)
    if payload:
        data += field(3, payload)
    return data + (field(4, nano) if nano else b"")


def frame(data, stream=1, kind=REQUEST, flags=0):
    return HEADER.pack(len(data), stream, kind, flags) + data


def connect(place):
    """A raw connection to a path or to "127.0.0.1:port"."""
    if place.startswith("/"):
        raw = socket.socket(socket.AF_UNIX)
    else:
        host, port = place.rsplit(":", 1)
        raw, place = socket.socket(), (host, int(port))
    try:
        raw.connect(place)  # waits while the backlog is full, which it would not with a time limit
    except OSError:
        raw.close()
        raise
    raw.settimeout(PATIENCE_SECONDS)
    return raw


class TtrpcClient:
    """One connection. call() is one request at a time; send() and receive() are for many."""

    def __init__(self, path):
        self.socket = connect(path)
        self._stream = -1

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, method, payload=b"", nano=0):
        """Sends a request and returns its stream."""
        self._stream += 2
        self.socket.sendall(frame(request_data(method, payload, nano), self._stream))
        return self._stream

    def _exactly(self, size):
        data = bytearray()
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise HungUp()
            data += more
        return bytes(data)

    def receive(self):
        """The next response, whatever it says."""
        length, stream, kind, flags = HEADER.unpack(self._exactly(HEADER.size))
        assert (kind, flags) == (RESPONSE, 0), (kind, flags)
        message = fields(self._exactly(length))
        status = fields(message.get(1, [b""])[0])
        return Reply(stream, status.get(1, [0])[0], status.get(2, [b""])[0].decode(),
                     status.get(3, []), message.get(2, [b""])[0])

    def raw(self, method, payload=b"", seconds=PATIENCE_SECONDS):
        """Bytes to "package.Service/Method", bytes back. TtrpcError when it fails."""
        stream = self.send(method, payload, int(seconds * 1e9))
        reply = self.receive()
        assert reply.stream == stream, reply
        if reply.code != 0:
            raise TtrpcError(reply)
        return reply.payload
