// SPDX-License-Identifier: Apache-2.0
#include "bench/empty_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>

#include "proto/attestation_agent.grpc.pb.h"

namespace attestd::bench {
namespace {

class EmptyService final : public attestation_agent::AttestationAgentService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetAdditionalTees(
      grpc::CallbackServerContext* context,
      const attestation_agent::GetAdditionalTeesRequest* /*request*/,
      attestation_agent::GetAdditionalTeesResponse* /*response*/) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int ServeEmpty(const std::string& socket_path) {
  EmptyService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return 1;
  }
  server->Wait();
  return 0;
}

}  // namespace attestd::bench
