// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CALL_H_
#define ATTESTD_AGENT_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string_view>

#include "agent/readiness.h"
#include "agent/worker_pool.h"
#include "base/alarm.h"
#include "base/call_context.h"
#include "base/status.h"

namespace attestd::agent {

// The lane of work that asks no broker.
inline constexpr WorkerPool::Lane kLocalLane = 0;

// What every RPC of ours shares: a deadline, a stop when the caller leaves or its time is up, an
// error for the caller and a line in the log.
class CallRunner {
 public:
  CallRunner(WorkerPool& workers, base::Alarm& alarm, Readiness& readiness)
      : workers_(workers), alarm_(alarm), readiness_(readiness) {}

  // Runs `work` on a worker and finishes the call with its status. `name` is for the log.
  using Work = std::function<absl::Status(const base::CallContext&)>;
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, std::string_view name,
                                Work work, WorkerPool::Lane lane = kLocalLane);

  // Calls `begin` at once, which must not block, and finishes the call when `done` is called: once,
  // on any thread, after the stop was requested soon.
  using Done = std::function<void(const absl::Status&)>;
  using Begin = std::function<void(const base::CallContext&, Done done)>;
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context, std::string_view name,
                                  const Begin& begin);

 private:
  class Call;
  grpc::Status Conclude(std::string_view name, const absl::Status& status);

  WorkerPool& workers_;
  base::Alarm& alarm_;
  Readiness& readiness_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CALL_H_
