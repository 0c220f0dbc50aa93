// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_health.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <optional>
#include <utility>

#include "agent/typed_method.h"

namespace attestd::agent {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";

}  // namespace

// One call of Watch, from the wait for it on. It owns itself until the call is over and nothing is
// being written. What follows the wait is told on the queue's thread, but for Tell and End.
class GrpcHealth::Watcher {
 public:
  explicit Watcher(GrpcHealth& health) : use_(health.queue_), health_(health) {
    context_.AsyncNotifyWhenDone(&over_);
    health_.RequestAsyncServerStreaming(0, &context_, &request_, &writer_, health_.queue_.get(),
                                        health_.queue_.get(), &asked_);
  }

  // This and End with the mutex of the health. Where a write ends the connection, its other calls
  // are told in here, by GrpcCalls, and stopped: none of that may need the mutex.
  void Tell() {
    health_.mutex_.AssertHeld();
    const Status now = health_.Find(request_.service());
    if (busy_ || is_over_ || is_finished_ || now == told_) {
      return;
    }
    told_ = now;
    busy_ = true;
    HealthCheckResponse response;
    response.set_status(now);
    writer_.Write(response, &wrote_);
  }

  void End() {
    health_.mutex_.AssertHeld();
    if (busy_ || is_over_ || is_finished_) {
      return;
    }
    busy_ = true;
    is_finished_ = true;
    writer_.Finish({grpc::StatusCode::UNAVAILABLE, "attestd ends"}, &wrote_);
  }

 private:
  ~Watcher() = default;

  void Asked(bool ok) {
    if (!ok) {  // the server ends
      delete this;
      return;
    }
    new Watcher(health_);
    const absl::MutexLock lock(&health_.mutex_);
    health_.watchers_.insert(this);
    GoOn();
  }

  void Wrote(bool /*ok*/) {
    {
      const absl::MutexLock lock(&health_.mutex_);
      busy_ = false;
      GoOn();
    }
    DeleteWhenOver();
  }

  void Over(bool /*ok*/) {
    {
      const absl::MutexLock lock(&health_.mutex_);
      is_over_ = true;
      health_.watchers_.erase(this);
    }
    DeleteWhenOver();
  }

  void GoOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(health_.mutex_) {
    if (health_.ended_) {
      End();
    } else {
      Tell();
    }
  }

  // Nobody else knows it any more.
  void DeleteWhenOver() {
    bool is_last = false;
    {
      const absl::MutexLock lock(&health_.mutex_);
      is_last = is_over_ && !busy_;
    }
    if (is_last) {
      delete this;
    }
  }

  const GrpcQueue::Use use_;
  GrpcHealth& health_;
  grpc::ServerContext context_;
  HealthCheckRequest request_;
  grpc::ServerAsyncWriter<HealthCheckResponse> writer_{&context_};
  std::optional<Status> told_ ABSL_GUARDED_BY(health_.mutex_);
  bool busy_ ABSL_GUARDED_BY(health_.mutex_) = false;  // something is being written
  bool is_finished_ ABSL_GUARDED_BY(health_.mutex_) = false;
  bool is_over_ ABSL_GUARDED_BY(health_.mutex_) = false;
  GrpcEventOf<Watcher, &Watcher::Asked> asked_{*this};
  GrpcEventOf<Watcher, &Watcher::Wrote> wrote_{*this};
  GrpcEventOf<Watcher, &Watcher::Over> over_{*this};
};

GrpcHealth::GrpcHealth(GrpcQueue& queue) : queue_(queue) {
  known_[""] = HealthCheckResponse::NOT_SERVING;
  methods_[kCheck] = [this](base::ByteView request, const base::CallContext& /*caller*/,
                            const base::Done& done) { done(Check(request)); };
  AddMethod(new grpc::internal::RpcServiceMethod(
      kWatch, grpc::internal::RpcMethod::SERVER_STREAMING, nullptr));
  MarkMethodAsync(0);
}

void GrpcHealth::Start() { new Watcher(*this); }

void GrpcHealth::Set(std::span<const std::string> names, bool serving) {
  const absl::MutexLock lock(&mutex_);
  for (const std::string& name : names) {
    known_[name] = serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }
  for (Watcher* watcher : watchers_) {
    watcher->Tell();
  }
}

void GrpcHealth::End() {
  const absl::MutexLock lock(&mutex_);
  ended_ = true;
  for (Watcher* watcher : watchers_) {
    watcher->End();
  }
}

absl::StatusOr<base::Reply> GrpcHealth::Check(base::ByteView request) const {
  HealthCheckRequest message;
  RETURN_IF_ERROR(ParseMessage(request, message));
  HealthCheckResponse response;
  {
    const absl::ReaderMutexLock lock(&mutex_);
    response.set_status(Find(message.service()));
  }
  if (response.status() == HealthCheckResponse::SERVICE_UNKNOWN) {
    return absl::NotFoundError("no such service");
  }
  return SerializeMessage(response);
}

GrpcHealth::Status GrpcHealth::Find(std::string_view name) const {
  const auto found = known_.find(name);
  return found == known_.end() ? HealthCheckResponse::SERVICE_UNKNOWN : found->second;
}

}  // namespace attestd::agent
