// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_queue.h"

namespace attestd::agent {

void GrpcQueue::Start() {
  thread_ = std::thread([this] { Run(); });
}

void GrpcQueue::End() {
  if (ended_) {
    return;
  }
  ended_ = true;
  {
    const absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* uses) { return *uses == 0; }, &uses_));
  }
  queue_->Shutdown();
  if (thread_.joinable()) {
    thread_.join();
  } else {
    Run();
  }
}

void GrpcQueue::Count(int change) {
  const absl::MutexLock lock(&mutex_);
  uses_ += change;
}

void GrpcQueue::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    static_cast<GrpcEvent*>(tag)->Happened(ok);
  }
}

}  // namespace attestd::agent
