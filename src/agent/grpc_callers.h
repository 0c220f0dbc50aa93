// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_GRPC_CALLERS_H_
#define ATTESTD_AGENT_GRPC_CALLERS_H_

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "agent/access_config.h"
#include "agent/metered_reads.h"
#include "base/caller.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::agent {

// Who is behind each of gRPC's connections, until it is over; and what that one sends is metered.
class GrpcCallers {
 public:
  // `limits`: of what each principal's connections may send together.
  static absl::StatusOr<std::unique_ptr<GrpcCallers>> Create(const LimitsConfig& limits);
  GrpcCallers(const GrpcCallers&) = delete;
  GrpcCallers& operator=(const GrpcCallers&) = delete;
  ~GrpcCallers();

  // The connection's number. The errno's status when there is no descriptor left to watch it with.
  absl::StatusOr<uint64_t> Add(const base::UniqueFd& connection, base::CallerRef caller);
  // Null when the connection is over, or none of ours.
  base::CallerRef Find(uint64_t id) const;

 private:
  struct Watched {
    base::UniqueFd connection;  // a duplicate: it tells when both sides have hung up
    base::CallerRef caller;
    MeteredReads reads;
  };
  GrpcCallers(const LimitsConfig& limits, base::UniqueFd epoll, base::UniqueFd stop);
  void Run();
  void Forget(uint64_t id);
  std::shared_ptr<Http2Budget> BudgetOf(const std::string& principal)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Http2Budget::Requests requests_;
  const base::UniqueFd epoll_;
  const base::UniqueFd stop_;  // eventfd
  mutable absl::Mutex mutex_;
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::shared_ptr<Http2Budget>> budgets_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint64_t, Watched> watched_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_ ABSL_GUARDED_BY(mutex_);  // since the first connection
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_GRPC_CALLERS_H_
