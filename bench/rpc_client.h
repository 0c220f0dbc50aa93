// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BENCH_RPC_CLIENT_H_
#define ATTESTD_BENCH_RPC_CLIENT_H_

#include <absl/time/time.h>

#include <memory>
#include <string>

#include "base/status.h"
#include "proto/attestation_agent.grpc.pb.h"
#include "proto/confidential_data_hub.grpc.pb.h"

namespace attestd::bench {

// A workload: one gRPC connection to a unix socket, synchronous generated stubs.
class RpcClient {
 public:
  // Connects at once; Unavailable when nobody listens.
  static absl::StatusOr<RpcClient> Connect(const std::string& socket_path);

  // The size of the secret.
  absl::StatusOr<size_t> GetResource(const std::string& uri);
  // The secret, within the time.
  absl::StatusOr<std::string> Fetch(const std::string& uri, absl::Duration timeout);
  absl::Status GetEvidence(const std::string& runtime_data);
  // A call whose request and reply have no fields: GetAdditionalTees.
  absl::Status Empty();

 private:
  explicit RpcClient(const std::shared_ptr<grpc::Channel>& channel);

  std::unique_ptr<api::GetResourceService::Stub> resources_;
  std::unique_ptr<attestation_agent::AttestationAgentService::Stub> agent_;
};

}  // namespace attestd::bench

#endif  // ATTESTD_BENCH_RPC_CLIENT_H_
