// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_WORKER_POOL_H_
#define ATTESTD_AGENT_WORKER_POOL_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

namespace attestd::agent {

// A bounded pool of threads for blocking work. Threads start when there is work for them.
class WorkerPool {
 public:
  WorkerPool(size_t max_threads, size_t max_waiting);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  // Finishes what was accepted.
  ~WorkerPool();

  // False when the queue is full; the work is then not run.
  [[nodiscard]] bool Submit(std::function<void()> work);

 private:
  void Run();
  bool HasWorkOrStops() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !waiting_.empty();
  }

  const size_t max_threads_;
  const size_t max_waiting_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_WORKER_POOL_H_
