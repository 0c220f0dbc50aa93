# SPDX-License-Identifier: Apache-2.0
"""One call over gRPC, ttRPC or REST, told in the same words."""
import json

from support.rpc import error_pb, grpc
from support.ttrpc import TtrpcError


def over_grpc(client, method, request):
    """(code, payload, reasons) of one call."""
    try:
        return 0, client.raw(method, request), None
    except grpc.RpcError as error:
        trailer = dict(error.trailing_metadata()).get("grpc-status-details-bin")
        details = error_pb.Status.FromString(trailer).details if trailer else []
        return error.code().value[0], b"", [
            error_pb.ErrorInfo.FromString(one.value).reason for one in details]


def over_ttrpc(client, method, request):
    """The same."""
    try:
        return 0, client.raw(method, request), None
    except TtrpcError as error:
        anys = [error_pb.Any.FromString(one) for one in error.reply.details]
        return error.reply.code, b"", [
            error_pb.ErrorInfo.FromString(one.value).reason for one in anys]


# The words of gRPC for its codes, which REST's errors have too.
CODES = {code.name: code.value[0] for code in grpc.StatusCode}


def over_rest(client, target, *argv):
    """The same of a request with this target."""
    reply = client.curl(target, *argv)
    if reply.http == 200:
        return 0, reply.body, None
    error = json.loads(reply.body)["error"]
    return CODES[error["code"]], b"", [error["reason"]]
