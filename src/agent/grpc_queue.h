// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_GRPC_QUEUE_H_
#define ATTESTD_AGENT_GRPC_QUEUE_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <grpc/grpc.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/impl/codegen/completion_queue_tag.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <thread>

namespace attestd::agent {

// What a completion queue tells of: its tag, for gRPC's C interface too.
class GrpcEvent : public grpc::internal::CompletionQueueTag {
 public:
  GrpcEvent() = default;
  GrpcEvent(const GrpcEvent&) = delete;
  GrpcEvent& operator=(const GrpcEvent&) = delete;
  ~GrpcEvent() override = default;
  virtual void Happened(bool ok) = 0;

  bool FinalizeResult(void** tag, bool* /*ok*/) final {
    *tag = this;
    return true;
  }
};

// Told to one method of its owner, of which it is a member.
template <typename Owner, void (Owner::*kMethod)(bool)>
class GrpcEventOf final : public GrpcEvent {
 public:
  explicit GrpcEventOf(Owner& owner) : owner_(owner) {}
  void Happened(bool ok) override { (owner_.*kMethod)(ok); }

 private:
  Owner& owner_;
};

// The same, of a completion queue of the callback kind: called where it comes about.
template <typename Owner, void (Owner::*kMethod)()>
class GrpcCompletionOf final : public grpc_completion_queue_functor {
 public:
  explicit GrpcCompletionOf(Owner& owner) : grpc_completion_queue_functor(), owner_(owner) {
    functor_run = [](grpc_completion_queue_functor* self, int /*ok*/) {
      (static_cast<GrpcCompletionOf*>(self)->owner_.*kMethod)();
    };
    inlineable = 1;
  }

 private:
  Owner& owner_;
};

// A completion queue and the one thread that serves it. gRPC's callback API has two at the least,
// which wake each other for each event of a call.
class GrpcQueue {
 public:
  explicit GrpcQueue(grpc::ServerBuilder& builder) : queue_(builder.AddCompletionQueue()) {}
  GrpcQueue(const GrpcQueue&) = delete;
  GrpcQueue& operator=(const GrpcQueue&) = delete;
  ~GrpcQueue() { End(); }

  // Once there is a server.
  void Start();
  // Once the server is shut down, or was never there. Returns when no Use is left, as gRPC ends a
  // process that begins something on a queue which is shut down.
  void End();

  // Held by who waits for events of the queue, and longer than anything of gRPC's.
  class Use {
   public:
    explicit Use(GrpcQueue& queue) : queue_(queue) { queue_.Count(1); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { queue_.Count(-1); }

   private:
    GrpcQueue& queue_;
  };

  grpc::ServerCompletionQueue* get() { return queue_.get(); }

 private:
  void Run();
  void Count(int change);

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::thread thread_;
  bool ended_ = false;
  absl::Mutex mutex_;
  int uses_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_GRPC_QUEUE_H_
