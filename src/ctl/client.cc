// SPDX-License-Identifier: Apache-2.0
#include "ctl/client.h"

#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/support/channel_arguments.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/handle.h"
#include "proto/attestation_agent.grpc.pb.h"
#include "proto/attestd.grpc.pb.h"
#include "proto/confidential_data_hub.grpc.pb.h"

namespace attestd::ctl {
namespace {

// A resource of 8 MiB and its framing. The secret memory of main.cc holds as much.
constexpr int kMaxReceiveBytes = (8 << 20) + 4096;
// --wait asks this often: at first for the container that starts with the daemon, later for a
// daemon that waits for its device.

absl::Status ConnectError(int error, const std::string& path) {
  switch (error) {
    case ENOENT:
    case ECONNREFUSED:
      return base::MakeStatus(
          absl::StatusCode::kUnavailable,
          "the daemon is not running at " + path + "; start attestd, or wait for it with --wait");
    case EAGAIN:
      return base::MakeStatus(absl::StatusCode::kUnavailable,
                              "the daemon at " + path + " accepts no connection; try again");
    case EACCES:
    case EPERM:
      return base::MakeStatus(absl::StatusCode::kPermissionDenied,
                              "no permission to use " + path +
                                  "; run as the user or group that the socket is made for");
    default:
      return base::MakeStatus(absl::StatusCode::kUnavailable,
                              std::string(base::ErrnoStatus(error, path).message()));
  }
}

// A connected, non-blocking socket.
absl::StatusOr<base::UniqueFd> ConnectSocket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "the socket's path has 1 to " + std::to_string(sizeof(address.sun_path) - 1) + " bytes");
  }
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) {
    return base::ErrnoStatus(errno, "socket");
  }
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return ConnectError(errno, path);
  }
  return fd;
}

// gRPC over a socket that is connected already: no name is resolved, so that neither proxies nor
// service configurations are looked for, and nothing reconnects behind our back.
std::shared_ptr<grpc::Channel> MakeChannel(base::UniqueFd fd) {
  // Never given back: gRPC's own shutdown may wait 10 s for a poller that nobody needs any more.
  grpc_init();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomInsecureChannelFromFd("localhost", fd.release(), arguments);
}

gpr_timespec ToTimespec(base::Deadline deadline) {
  const absl::Duration left = std::min(deadline.Remaining(), absl::Hours(24 * 365));
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_micros(absl::ToInt64Microseconds(left), GPR_TIMESPAN));
}

// gRPC's own texts for a connection that broke.
bool IsBrokenConnection(std::string_view message) {
  constexpr std::string_view kTexts[] = {"", "Socket closed", "Broken pipe",
                                         "Connection reset by peer"};
  return std::find(std::begin(kTexts), std::end(kTexts), message) != std::end(kTexts);
}

// The daemon's texts say what to do; gRPC's do not.
std::string_view Explain(grpc::StatusCode code, std::string_view message) {
  if (code == grpc::StatusCode::DEADLINE_EXCEEDED &&
      (message.empty() || message == "Deadline Exceeded")) {
    return "no answer within the time limit; see --timeout";
  }
  if (code == grpc::StatusCode::UNAVAILABLE && IsBrokenConnection(message)) {
    return "the daemon closed the connection; see its log";
  }
  if (code == grpc::StatusCode::UNIMPLEMENTED && message.empty()) {
    return "the daemon does not offer this; is it attestd?";
  }
  return message.empty() ? "the daemon gave no reason; see its log" : message;
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  // The numbers are the same by definition (google/rpc/code.proto).
  return base::MakeStatus(static_cast<absl::StatusCode>(status.error_code()),
                          Explain(status.error_code(), status.error_message()));
}

absl::StatusOr<base::Secret> TakeSecret(std::string* text) {
  absl::StatusOr<base::Secret> secret = base::Secret::Copy(base::AsBytes(*text));
  base::WipeBytes({reinterpret_cast<uint8_t*>(text->data()), text->size()});
  return secret;
}

}  // namespace

class Client::Connection {
 public:
  Connection(std::shared_ptr<grpc::Channel> channel, base::Deadline deadline)
      : deadline_(deadline), channel_(std::move(channel)) {}

  // One unary call on the service `Service`.
  template <typename Service, typename Request, typename Response>
  absl::Status Call(grpc::Status (Service::StubInterface::*method)(grpc::ClientContext*,
                                                                   const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(ToTimespec(deadline_));
    const std::unique_ptr<typename Service::StubInterface> stub = Service::NewStub(channel_);
    return FromGrpc((stub.get()->*method)(&context, request, response));
  }

 private:
  base::Deadline deadline_;
  std::shared_ptr<grpc::Channel> channel_;
};

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

absl::StatusOr<Client> Client::Connect(const std::string& path, base::Deadline deadline) {
  // An error is one line, and ours.
  gpr_set_log_function([](gpr_log_func_args*) {});
  ASSIGN_OR_RETURN(base::UniqueFd fd, ConnectSocket(path));
  return Client(std::make_unique<Connection>(MakeChannel(std::move(fd)), deadline));
}

absl::StatusOr<base::Secret> Client::GetResource(const std::string& uri) {
  using Service = api::GetResourceService;
  api::GetResourceRequest request;
  request.set_resourcepath(uri);
  api::GetResourceResponse response;
  RETURN_IF_ERROR(
      connection_->Call<Service>(&Service::StubInterface::GetResource, request, &response));
  return TakeSecret(response.mutable_resource());
}

absl::StatusOr<std::string> Client::GetEvidence(base::ByteView runtime_data) {
  using Service = attestation_agent::AttestationAgentService;
  attestation_agent::GetEvidenceRequest request;
  request.set_runtimedata(runtime_data.data(), runtime_data.size());
  attestation_agent::GetEvidenceResponse response;
  RETURN_IF_ERROR(
      connection_->Call<Service>(&Service::StubInterface::GetEvidence, request, &response));
  return std::move(*response.mutable_evidence());
}

absl::StatusOr<base::Secret> Client::GetToken() {
  using Service = attestation_agent::AttestationAgentService;
  attestation_agent::GetTokenRequest request;
  request.set_tokentype("kbs");
  attestation_agent::GetTokenResponse response;
  RETURN_IF_ERROR(
      connection_->Call<Service>(&Service::StubInterface::GetToken, request, &response));
  return TakeSecret(response.mutable_token());
}

absl::StatusOr<std::string> Client::GetTeeType() {
  using Service = attestation_agent::AttestationAgentService;
  attestation_agent::GetTeeTypeResponse response;
  RETURN_IF_ERROR(connection_->Call<Service>(&Service::StubInterface::GetTeeType,
                                             attestation_agent::GetTeeTypeRequest(), &response));
  return std::move(*response.mutable_tee());
}

absl::StatusOr<DaemonStatus> Client::GetStatus() {
  using Service = v1::StatusService;
  v1::GetStatusResponse response;
  RETURN_IF_ERROR(connection_->Call<Service>(&Service::StubInterface::GetStatus,
                                             v1::GetStatusRequest(), &response));
  DaemonStatus status{.version = response.version(),
                      .tee = response.tee(),
                      .ready = response.ready(),
                      .not_ready_reason = response.not_ready_reason(),
                      .sample = response.sample(),
                      .brokers = {},
                      .uptime_seconds = response.uptime_seconds()};
  for (const v1::BrokerStatus& broker : response.brokers()) {
    status.brokers.push_back({.name = broker.name(),
                              .url = broker.url(),
                              .allow_http = broker.allow_http(),
                              .session = broker.session(),
                              .failing = broker.failing()});
  }
  return status;
}

absl::StatusOr<std::vector<ProbeState>> Client::GetDetection() {
  v1::GetDetectionResponse response;
  RETURN_IF_ERROR(connection_->Call<v1::StatusService>(
      &v1::StatusService::StubInterface::GetDetection, v1::GetDetectionRequest(), &response));
  std::vector<ProbeState> probes;
  for (const v1::Probe& probe : response.probes()) {
    probes.push_back({.name = probe.name(),
                      .present = probe.present(),
                      .seen = probe.seen(),
                      .chosen = probe.chosen(),
                      .why = probe.why()});
  }
  return probes;
}

absl::Status Client::Reload() {
  v1::ReloadResponse response;
  return connection_->Call<v1::AdminService>(&v1::AdminService::StubInterface::Reload,
                                             v1::ReloadRequest(), &response);
}

absl::StatusOr<std::pair<bool, std::string>> Client::TestPolicy(const PolicyQuestion& question) {
  v1::TestPolicyRequest request;
  request.set_principal(question.principal);
  request.set_right(question.right);
  request.set_resource(question.resource);
  v1::TestPolicyResponse response;
  RETURN_IF_ERROR(connection_->Call<v1::AdminService>(&v1::AdminService::StubInterface::TestPolicy,
                                                      request, &response));
  return std::pair(response.allowed(), response.why());
}

}  // namespace attestd::ctl
