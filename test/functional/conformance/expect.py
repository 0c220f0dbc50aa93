# SPDX-License-Identifier: Apache-2.0
"""What a caller may be told, by gRPC code and ErrorInfo reason (docs/errors.md)."""
import collections
import contextlib
import threading
import time

from support.rpc import error_pb, grpc

# (code, reason) pairs of which one must come. A client that is out of time has no reason.
UNREACHABLE = {("UNAVAILABLE", "BROKER_UNREACHABLE")}
UNTRUSTED = {("UNAVAILABLE", "BROKER_UNTRUSTED")}
REJECTED = {("INTERNAL", "REPLY_REJECTED")}
TOO_LONG = {("RESOURCE_EXHAUSTED", "REPLY_REJECTED")}
REFUSED = {("UNAUTHENTICATED", "EVIDENCE_REFUSED")}
DENIED = {("PERMISSION_DENIED", "ACCESS_DENIED")}
MISSING = {("NOT_FOUND", "RESOURCE_NOT_FOUND")}
TIMED_OUT = {("DEADLINE_EXCEEDED", "DEADLINE"), ("DEADLINE_EXCEEDED", "")}
OK = {("OK", "")}
BAD_URI = {("INVALID_ARGUMENT", "BAD_URI")}
UNKNOWN_BROKER = {("INVALID_ARGUMENT", "UNKNOWN_BROKER")}
MALFORMED = {("INVALID_ARGUMENT", "MALFORMED")}

Reply = collections.namedtuple("Reply", "code reason text value seconds late")


class Latecomer:
    """How late this process itself is woken: what a busy machine adds to every measured time."""

    _TICK = 0.005

    def __init__(self):
        self.worst = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while True:
            before = time.monotonic()
            if self._ended.wait(self._TICK):
                return
            self.worst = max(self.worst, time.monotonic() - before - self._TICK)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()


def reason_of(error):
    trailer = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if trailer is None:
        return ""
    details = error_pb.Status.FromString(trailer).details
    return error_pb.ErrorInfo.FromString(details[0].value).reason


def ask(client, uri, seconds):
    """One GetResource; never raises for what the daemon answers."""
    with contextlib.ExitStack() as stack:
        late = stack.enter_context(Latecomer())
        before = time.monotonic()
        try:
            value = client.get_resource(uri, seconds=seconds)
            code, reason, text = "OK", "", ""
        except grpc.RpcError as error:
            value = b""
            code, reason, text = error.code().name, reason_of(error), error.details()
        elapsed = time.monotonic() - before
    return Reply(code, reason, text, value, elapsed, late.worst)
