# SPDX-License-Identifier: Apache-2.0
"""The ways into attestd, each told in the same words: gRPC and ttRPC on a path and a port, REST."""
import http.client
import json
import socket
import time

from conformance.expect import Latecomer, Reply, reason_of
from support.rpc import RESOURCE, Client, error_pb, grpc, hub_pb
from support.ttrpc import HungUp, TtrpcClient, TtrpcError

GET = f"{RESOURCE}/GetResource"
HUNG_UP = "HUNG_UP"
_CODES = {code.value[0]: code.name for code in grpc.StatusCode}
PATIENCE = 70  # a second longer than any call may take


def timed(call):
    """A Reply of what `call` returns: (code, reason, text, value)."""
    with Latecomer() as late:
        before = time.monotonic()
        told = call()
        elapsed = time.monotonic() - before
    return Reply(*told, elapsed, late.worst)


class GrpcWay:
    """gRPC; a new connection for each call."""

    def __init__(self, name, place):
        self.name, self.place = name, place

    def call(self, method, request, seconds=10):
        def ask():
            with Client(self.place) as client:
                try:
                    return "OK", "", "", client.raw(method, request, seconds)
                except grpc.RpcError as error:
                    return error.code().name, reason_of(error), error.details(), b""
        return timed(ask)

    def get(self, uri, seconds=10):
        """GetResource of a text or, for what is no text, of bytes; the value is the secret."""
        return get_over(self, uri, seconds)


class TtrpcWay(GrpcWay):
    """ttRPC; the same."""

    def call(self, method, request, seconds=10):
        def ask():
            with TtrpcClient(self.place) as client:
                try:
                    return "OK", "", "", client.raw(method, request, seconds)
                except TtrpcError as error:
                    return told_by_ttrpc(error.reply)
                except (HungUp, OSError):
                    return HUNG_UP, "", "", b""
        return timed(ask)


def told_by_ttrpc(reply):
    reasons = [error_pb.ErrorInfo.FromString(error_pb.Any.FromString(one).value).reason
               for one in reply.details]
    return _CODES[reply.code], (reasons + [""])[0], reply.text, reply.payload


def get_over(way, uri, seconds):
    raw = uri if isinstance(uri, bytes) else uri.encode()
    size, length = len(raw), bytearray()
    while size >= 0x80:
        length.append(size & 0x7f | 0x80)
        size >>= 7
    reply = way.call(GET, b"\x0a" + bytes(length + bytes([size])) + raw, seconds)
    if reply.code != "OK":
        return reply
    return reply._replace(value=hub_pb.GetResourceResponse.FromString(reply.value).Resource)


class RestWay:
    """REST; a new connection for each request, its bytes as they are given."""

    name = "rest"

    def __init__(self, place):
        self.place = place

    def connect(self, seconds=PATIENCE):
        host, port = self.place.split(":")
        return socket.create_connection((host, int(port)), seconds)

    def send(self, data, seconds=PATIENCE):
        """What is answered to these bytes."""
        def ask():
            with self.connect(seconds) as raw:
                try:
                    raw.sendall(data)
                except OSError:
                    pass  # refused before it was whole; the answer may be there
                return read_answer(raw)
        return timed(ask)

    def request(self, target, method="GET", headers=(), body=b"", seconds=PATIENCE):
        """`target` as a text or bytes."""
        raw = target if isinstance(target, bytes) else target.encode()
        lines = [b"%s %s HTTP/1.1" % (method.encode(), raw), b"Host: localhost",
                 b"Connection: close"] + [line.encode() for line in headers]
        return self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body, seconds)

    def get(self, uri, seconds=PATIENCE):
        """The resource of a URI; None when no path says it: a scheme or a broker of its own."""
        target = rest_target(uri)
        return None if target is None else self.request(target, seconds=seconds)


def rest_target(uri):
    raw = uri if isinstance(uri, bytes) else uri.encode()
    if raw.startswith(b"kbs:///"):
        return b"/cdh/resource/" + raw[len(b"kbs:///"):]
    scheme, found, path = raw.partition(b":///")
    if found and scheme.startswith(b"kbs+") and b"/" not in scheme:
        return b"/cdh/plugin/" + scheme[4:] + b"/" + path
    return None


def read_answer(raw):
    """(code, reason, text, body) of the next answer. Of a refusal that is the HTTP library's own
    the code is "HTTP 400"."""
    answer = http.client.HTTPResponse(raw)
    try:
        answer.begin()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return HUNG_UP, "", "", b""
    if answer.status == 200:
        return "OK", "", "", body
    try:
        error = json.loads(body)["error"]
    except ValueError:
        return f"HTTP {answer.status}", "", body.decode("latin-1"), b""
    return error["code"], error["reason"], error["message"], b""
