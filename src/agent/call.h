// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CALL_H_
#define ATTESTD_AGENT_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string_view>

#include "agent/readiness.h"
#include "agent/worker_pool.h"
#include "base/deadline.h"
#include "base/status.h"

namespace attestd::agent {

// What every RPC of ours shares: a worker to run on, a deadline, an error for the caller and a
// line in the log.
class CallRunner {
 public:
  CallRunner(WorkerPool& workers, Readiness& readiness)
      : workers_(workers), readiness_(readiness) {}

  // Runs `work` on a worker and finishes the call with its status. `name` is for the log.
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, std::string_view name,
                                std::function<absl::Status(base::Deadline)> work);

 private:
  grpc::Status Conclude(std::string_view name, const absl::Status& status);

  WorkerPool& workers_;
  Readiness& readiness_;
};

// The caller's deadline, at most the server's cap of 60 s.
base::Deadline CallDeadline(const grpc::CallbackServerContext& context);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CALL_H_
