# SPDX-License-Identifier: Apache-2.0
"""One call over gRPC or over ttRPC, told in the same words."""
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
