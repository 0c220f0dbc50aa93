// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_GRPC_DOOR_H_
#define ATTESTD_AGENT_GRPC_DOOR_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <span>
#include <string>

#include "agent/grpc_callers.h"
#include "agent/grpc_calls.h"
#include "agent/grpc_health.h"
#include "agent/grpc_queue.h"
#include "base/door.h"
#include "base/handle.h"
#include "base/method.h"
#include "base/status.h"

namespace attestd::agent {

// Our methods over gRPC.
class GrpcDoor : public base::Door {
 public:
  // `methods` outlive the door.
  static absl::StatusOr<std::unique_ptr<GrpcDoor>> Open(const base::MethodTable& methods,
                                                        const LimitsConfig& limits);
  GrpcDoor(const GrpcDoor&) = delete;
  GrpcDoor& operator=(const GrpcDoor&) = delete;
  ~GrpcDoor() override;

  void Accept(base::UniqueFd connection, base::CallerRef caller) override;
  // Nothing: the end drains.
  void Drain() override {}
  // grpc.health.v1 for each of the names.
  void SetServing(std::span<const std::string> names, bool serving);

 private:
  using Acceptor = std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>;
  GrpcDoor(std::unique_ptr<GrpcCallers> callers, grpc::ServerBuilder& builder,
           const base::MethodTable& methods);
  absl::Status Start(grpc::ServerBuilder& builder);

  const std::unique_ptr<GrpcCallers> callers_;
  GrpcQueue queue_;
  GrpcHealth health_;
  GrpcCalls calls_;
  Acceptor acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_GRPC_DOOR_H_
