// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_GRPC_HEALTH_H_
#define ATTESTD_AGENT_GRPC_HEALTH_H_

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>
#include <grpcpp/impl/service_type.h>

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "agent/grpc_queue.h"
#include "base/method.h"
#include "proto/health.pb.h"

namespace attestd::agent {

// grpc.health.v1.Health (grpc/grpc doc/health-checking.md). gRPC's own one begins with "serving",
// and is built on the callback API and its threads.
class GrpcHealth final : public grpc::Service {
 public:
  // The queue outlives it.
  explicit GrpcHealth(GrpcQueue& queue);

  // Check; Watch is this service.
  const base::MethodTable& methods() const { return methods_; }
  // Once there is a server.
  void Start();
  // "" is the server as a whole and not serving at first; any other name is unknown until it is
  // set. Those who watch are told.
  void Set(std::span<const std::string> names, bool serving);
  // Ends the calls of all who watch, now and later.
  void End();

 private:
  using Status = grpc::health::v1::HealthCheckResponse::ServingStatus;
  class Watcher;

  absl::StatusOr<base::Reply> Check(base::ByteView request) const;
  Status Find(std::string_view name) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  GrpcQueue& queue_;
  base::MethodTable methods_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Status, std::less<>> known_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<Watcher*> watchers_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_GRPC_HEALTH_H_
