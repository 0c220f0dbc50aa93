// SPDX-License-Identifier: Apache-2.0
#include "bench/rpc_client.h"

#include <grpcpp/create_channel_posix.h>

#include <chrono>
#include <utility>

#include "bench/child_process.h"

namespace attestd::bench {
namespace {

constexpr int kMaxReply = 8 << 20;

absl::Status FromGrpc(const grpc::Status& status) {
  // The numbers are the same by definition (google/rpc/code.proto).
  return base::MakeStatus(static_cast<absl::StatusCode>(status.error_code()),
                          status.error_message());
}

}  // namespace

RpcClient::RpcClient(const std::shared_ptr<grpc::Channel>& channel)
    : resources_(api::GetResourceService::NewStub(channel)),
      agent_(attestation_agent::AttestationAgentService::NewStub(channel)) {}

absl::StatusOr<RpcClient> RpcClient::Connect(const std::string& socket_path) {
  ASSIGN_OR_RETURN(base::UniqueFd socket, ConnectUnix(socket_path));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReply);
  return RpcClient(grpc::CreateCustomInsecureChannelFromFd("attestd", socket.release(), arguments));
}

absl::StatusOr<size_t> RpcClient::GetResource(const std::string& uri) {
  grpc::ClientContext context;
  api::GetResourceRequest request;
  request.set_resourcepath(uri);
  api::GetResourceResponse response;
  RETURN_IF_ERROR(FromGrpc(resources_->GetResource(&context, request, &response)));
  return response.resource().size();
}

absl::StatusOr<std::string> RpcClient::Fetch(const std::string& uri, absl::Duration timeout) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  api::GetResourceRequest request;
  request.set_resourcepath(uri);
  api::GetResourceResponse response;
  RETURN_IF_ERROR(FromGrpc(resources_->GetResource(&context, request, &response)));
  return std::move(*response.mutable_resource());
}

absl::Status RpcClient::GetEvidence(const std::string& runtime_data) {
  grpc::ClientContext context;
  attestation_agent::GetEvidenceRequest request;
  request.set_runtimedata(runtime_data);
  attestation_agent::GetEvidenceResponse response;
  return FromGrpc(agent_->GetEvidence(&context, request, &response));
}

absl::Status RpcClient::Empty() {
  grpc::ClientContext context;
  attestation_agent::GetAdditionalTeesResponse response;
  return FromGrpc(agent_->GetAdditionalTees(&context, {}, &response));
}

}  // namespace attestd::bench
