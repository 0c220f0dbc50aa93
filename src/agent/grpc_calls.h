// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_GRPC_CALLS_H_
#define ATTESTD_AGENT_GRPC_CALLS_H_

#include <grpc/grpc.h>
#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <map>
#include <string>

#include "agent/grpc_callers.h"
#include "agent/grpc_queue.h"
#include "base/handle.h"
#include "base/method.h"

namespace attestd::agent {

// The methods of tables as gRPC serves them: each call's bytes go to its method, and the reply's
// back. A reply may be built around a Secret, as nothing here is a message.
//
// By gRPC's C interface (grpc/grpc.h), which tells of the end of a call on the thread that it comes
// about on. By the others the thread that sent the reply wakes another one for that, and on a
// virtual machine the caller waits 10 to 20 us for this.
class GrpcCalls {
 public:
  // Both outlive it.
  GrpcCalls(const GrpcCallers& callers, GrpcQueue& queue);

  // The methods outlive it. Before Start.
  void Add(const base::MethodTable& methods);
  // To be registered with the server: leaves to this all that no other service of it has.
  grpc::AsyncGenericService& service() { return service_; }
  // Once there is a server.
  void Start(grpc_server* server);

 private:
  class Call;

  const GrpcCallers& callers_;
  GrpcQueue& queue_;
  std::map<std::string, const base::Method*, std::less<>> methods_;
  grpc::AsyncGenericService service_;
  const base::Handle<grpc_completion_queue, grpc_completion_queue_destroy> completions_;
  grpc_server* server_ = nullptr;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_GRPC_CALLS_H_
