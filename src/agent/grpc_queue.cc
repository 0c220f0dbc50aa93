// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_queue.h"

#include <grpc/support/cpu.h>
#include <sched.h>

// In the place of gRPC's own (grpc/support/cpu.h). It has as many threads and shards as the machine
// has processors, 32 threads at the most, which one queue and one thread for its callers never use.
namespace {
constexpr unsigned kProcessors = 2;
}  // namespace

unsigned gpr_cpu_num_cores() { return kProcessors; }

unsigned gpr_cpu_current_cpu() {
  const int cpu = ::sched_getcpu();
  return cpu >= 0 ? static_cast<unsigned>(cpu) % kProcessors : 0;
}

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
