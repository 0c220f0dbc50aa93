// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_GRPC_CALLS_H_
#define ATTESTD_AGENT_GRPC_CALLS_H_

#include <grpcpp/impl/service_type.h>

#include <vector>

#include "agent/grpc_callers.h"
#include "agent/grpc_queue.h"
#include "base/method.h"

namespace attestd::agent {

// The methods of a table as gRPC serves them: each call's bytes go to its method, and the reply's
// back. A reply may be built around a Secret, as nothing here is a message.
class GrpcCalls final : public grpc::Service {
 public:
  // All outlive it.
  GrpcCalls(const base::MethodTable& methods, const GrpcCallers& callers, GrpcQueue& queue);

  // Once there is a server.
  void Start();

 private:
  class Call;
  // Waits for the next call of a method.
  void Await(int index);

  std::vector<const base::Method*> methods_;
  const GrpcCallers& callers_;
  GrpcQueue& queue_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_GRPC_CALLS_H_
