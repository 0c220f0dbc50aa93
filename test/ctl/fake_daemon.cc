// SPDX-License-Identifier: Apache-2.0
#include "test/ctl/fake_daemon.h"

#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <grpc/grpc.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "proto/attestation_agent.grpc.pb.h"
#include "proto/attestd.grpc.pb.h"
#include "proto/confidential_data_hub.grpc.pb.h"

namespace attestd::test {
namespace {

class ResourceService final : public api::GetResourceService::Service {
 public:
  explicit ResourceService(const FakeAnswers& answers) : answers_(answers) {}

  grpc::Status GetResource(grpc::ServerContext* context, const api::GetResourceRequest* request,
                           api::GetResourceResponse* response) override {
    last_path_ = request->resourcepath();
    while (answers_.hang && !context->IsCancelled()) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    response->set_resource(answers_.resource);
    return answers_.fault;
  }

  std::string last_path_;

 private:
  const FakeAnswers& answers_;
};

class AgentService final : public attestation_agent::AttestationAgentService::Service {
 public:
  explicit AgentService(const FakeAnswers& answers) : answers_(answers) {}

  grpc::Status GetEvidence(grpc::ServerContext*,
                           const attestation_agent::GetEvidenceRequest* request,
                           attestation_agent::GetEvidenceResponse* response) override {
    response->set_evidence(answers_.evidence.empty() ? request->runtimedata() : answers_.evidence);
    return answers_.fault;
  }
  grpc::Status GetToken(grpc::ServerContext*, const attestation_agent::GetTokenRequest* request,
                        attestation_agent::GetTokenResponse* response) override {
    last_token_type_ = request->tokentype();
    response->set_token(answers_.token);
    return answers_.fault;
  }
  grpc::Status GetTeeType(grpc::ServerContext*, const attestation_agent::GetTeeTypeRequest*,
                          attestation_agent::GetTeeTypeResponse* response) override {
    response->set_tee(answers_.tee);
    return answers_.fault;
  }

  std::string last_token_type_;

 private:
  const FakeAnswers& answers_;
};

class StatusService final : public v1::StatusService::Service {
 public:
  explicit StatusService(const FakeAnswers& answers) : answers_(answers) {}

  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::GetStatusResponse* response) override {
    *response = answers_.status;
    response->set_ready(answers_.status.ready() && ++calls_ > answers_.not_ready_calls);
    return grpc::Status::OK;
  }

  grpc::Status GetDetection(grpc::ServerContext*, const v1::GetDetectionRequest*,
                            v1::GetDetectionResponse* response) override {
    *response = answers_.detection;
    return answers_.fault;
  }

  std::atomic<int> calls_ = 0;

 private:
  const FakeAnswers& answers_;
};

}  // namespace

struct FakeDaemon::Services {
  explicit Services(FakeAnswers given)
      : answers(std::move(given)), resource(answers), agent(answers), status(answers) {}

  const FakeAnswers answers;
  ResourceService resource;
  AgentService agent;
  StatusService status;
};

FakeDaemon::FakeDaemon(const std::string& socket_path, FakeAnswers answers)
    : services_(std::make_unique<Services>(std::move(answers))) {
  grpc_init();  // never given back, as in the programs: its shutdown may wait 10 s
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
  builder.RegisterService(&services_->resource);
  builder.RegisterService(&services_->agent);
  builder.RegisterService(&services_->status);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    throw std::runtime_error("no server at " + socket_path);
  }
}

FakeDaemon::~FakeDaemon() {
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  server_->Wait();
}

const std::string& FakeDaemon::last_resource_path() const { return services_->resource.last_path_; }
const std::string& FakeDaemon::last_token_type() const { return services_->agent.last_token_type_; }
int FakeDaemon::status_calls() const { return services_->status.calls_; }

}  // namespace attestd::test
