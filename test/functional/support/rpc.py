# SPDX-License-Identifier: Apache-2.0
"""A gRPC client that shares no code with attestd: python3-grpcio over the published .proto files."""
import os
import sys
import unittest

try:
    import grpc
except ImportError as error:
    raise unittest.SkipTest(f"python3-grpcio is not installed: {error}")

sys.path.insert(0, os.environ["ATTESTD_STUBS_DIR"])
# pylint: disable=wrong-import-position
import attestation_agent_pb2 as agent_pb  # noqa: E402
import attestd_pb2 as status_pb  # noqa: E402
import confidential_data_hub_pb2 as hub_pb  # noqa: E402
import error_details_pb2 as error_pb  # noqa: E402
import health_pb2 as health_pb  # noqa: E402

AGENT = "attestation_agent.AttestationAgentService"
RESOURCE = "api.GetResourceService"
SERVING = health_pb.HealthCheckResponse.SERVING
NOT_SERVING = health_pb.HealthCheckResponse.NOT_SERVING

_MAX_REPLY = 8 << 20


class Client:
    """One channel to attestd's socket, a path or "127.0.0.1:port". Failures are grpc.RpcError."""

    def __init__(self, socket_path, seconds=30):
        self._seconds = seconds
        target = f"unix:{socket_path}" if socket_path.startswith("/") else f"ipv4:{socket_path}"
        self._channel = grpc.insecure_channel(
            target, options=[("grpc.max_receive_message_length", _MAX_REPLY)])

    def close(self):
        self._channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def raw(self, method, request, seconds=None):
        """Bytes to "/service/method", bytes back."""
        return self._channel.unary_unary(f"/{method}")(request, timeout=seconds or self._seconds)

    def begin(self, method, request):
        """The same, begun: a future."""
        return self._channel.unary_unary(f"/{method}").future(request, timeout=self._seconds)

    def call(self, method, request, response_type, seconds=None):
        return response_type.FromString(self.raw(method, request.SerializeToString(), seconds))

    def get_resource(self, uri, seconds=None):
        return self.call(f"{RESOURCE}/GetResource", hub_pb.GetResourceRequest(ResourcePath=uri),
                         hub_pb.GetResourceResponse, seconds).Resource

    def get_evidence(self, runtime_data, seconds=None):
        return self.call(f"{AGENT}/GetEvidence", agent_pb.GetEvidenceRequest(
            RuntimeData=runtime_data), agent_pb.GetEvidenceResponse, seconds).Evidence

    def get_token(self, token_type="kbs"):
        return self.call(f"{AGENT}/GetToken", agent_pb.GetTokenRequest(TokenType=token_type),
                         agent_pb.GetTokenResponse).Token

    def get_tee_type(self):
        return self.call(f"{AGENT}/GetTeeType", agent_pb.GetTeeTypeRequest(),
                         agent_pb.GetTeeTypeResponse).tee

    def get_additional_tees(self):
        return list(self.call(f"{AGENT}/GetAdditionalTees", agent_pb.GetAdditionalTeesRequest(),
                              agent_pb.GetAdditionalTeesResponse).additional_tees)

    def get_additional_evidence(self, runtime_data):
        return self.call(f"{AGENT}/GetAdditionalEvidence", agent_pb.GetAdditionalEvidenceRequest(
            RuntimeData=runtime_data), agent_pb.GetEvidenceResponse).Evidence

    def extend(self, domain, operation, content, register=None):
        """A RuntimeMeasurementResult."""
        return self.call(
            f"{AGENT}/ExtendRuntimeMeasurement", agent_pb.ExtendRuntimeMeasurementRequest(
                Domain=domain.encode(), Operation=operation.encode(), RegisterIndex=register,
                Content=content if isinstance(content, bytes) else content.encode()),
            agent_pb.ExtendRuntimeMeasurementResponse).Result

    def bind_init_data(self, digest):
        self.call(f"{AGENT}/BindInitData", agent_pb.BindInitDataRequest(Digest=digest),
                  agent_pb.BindInitDataResponse)

    def status(self):
        return self.call("attestd.v1.StatusService/GetStatus", status_pb.GetStatusRequest(),
                         status_pb.GetStatusResponse)

    def health(self, service=""):
        return self.call("grpc.health.v1.Health/Check",
                         health_pb.HealthCheckRequest(service=service),
                         health_pb.HealthCheckResponse).status


def failure(call, *arguments, **options):
    """(code, text) of a call that must fail."""
    try:
        call(*arguments, **options)
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise AssertionError("the call did not fail")


def error_info(call, *arguments, **options):
    """google.rpc.ErrorInfo of a call that must fail, with its code and text as the details say."""
    try:
        call(*arguments, **options)
    except grpc.RpcError as error:
        trailer = dict(error.trailing_metadata())["grpc-status-details-bin"]
        status = error_pb.Status.FromString(trailer)
        assert status.code == error.code().value[0] and status.message == error.details(), status
        assert [one.type_url for one in status.details] == [
            "type.googleapis.com/google.rpc.ErrorInfo"], status
        return error_pb.ErrorInfo.FromString(status.details[0].value)
    raise AssertionError("the call did not fail")
