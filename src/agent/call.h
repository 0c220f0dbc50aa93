// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CALL_H_
#define ATTESTD_AGENT_CALL_H_

#include <absl/time/time.h>

#include <functional>
#include <string_view>

#include "agent/line_limit.h"
#include "agent/readiness.h"
#include "agent/worker_pool.h"
#include "base/alarm.h"
#include "base/method.h"
#include "base/status.h"

namespace attestd::agent {

// The lane of work that asks no broker.
inline constexpr WorkerPool::Lane kLocalLane = 0;
// Of the attestation service; brokers' lanes count from 1.
inline constexpr WorkerPool::Lane kCocoAsLane = -1;
// Of mounts: a volume that takes long leaves the threads of other lanes alone.
inline constexpr WorkerPool::Lane kMountLane = -2;
// Of the question whether a worker is free.
inline constexpr WorkerPool::Lane kSelfCheckLane = -3;

// One call of one of our methods.
struct Call {
  std::string_view name;  // for the log; outlives the call
  base::CallContext caller;
  base::Done done;
  absl::Duration longest = absl::Seconds(60);  // however late the caller's deadline is
};

// What every method of ours shares: a cap on its time, a stop when the caller leaves or its time is
// up, an error for the caller and a line in the log.
class CallRunner {
 public:
  CallRunner(WorkerPool& workers, base::Alarm& alarm, Readiness& readiness)
      : workers_(workers), alarm_(alarm), readiness_(readiness) {}

  // Runs `work` on a worker and finishes the call with what it returns.
  using Work = std::function<absl::StatusOr<base::Reply>(const base::CallContext&)>;
  void Run(Call call, Work work, WorkerPool::Lane lane = kLocalLane);

  // Calls `begin` at once, which must not block, and finishes the call when `done` is called: once,
  // on any thread, after the stop was requested soon.
  using Begin = std::function<void(const base::CallContext&, base::Done done)>;
  void Start(Call call, const Begin& begin);

  // Finishes the call at once.
  void Answer(const Call& call, absl::StatusOr<base::Reply> reply);

 private:
  class Timed;
  absl::Status Conclude(const Call& call, const absl::Status& status);

  WorkerPool& workers_;
  base::Alarm& alarm_;
  Readiness& readiness_;
  LineLimit log_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CALL_H_
