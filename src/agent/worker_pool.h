// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_WORKER_POOL_H_
#define ATTESTD_AGENT_WORKER_POOL_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <vector>

namespace attestd::agent {

// A bounded pool of threads for blocking work. Threads start when there is work for them. Work
// comes in lanes, one for each thing that it may block on: a lane gets at most so many of the
// threads, so that what hangs in one leaves some to the others.
class WorkerPool {
 public:
  struct Limits {
    size_t threads = 1;
    size_t threads_per_lane = 1;
    size_t waiting = 1;  // in all lanes
  };
  explicit WorkerPool(Limits limits);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  // Finishes what was accepted.
  ~WorkerPool();

  using Lane = int;
  // False when the queue is full; the work is then not run.
  [[nodiscard]] bool Submit(Lane lane, std::function<void()> work);

 private:
  struct Queue {
    std::deque<std::function<void()>> waiting;
    size_t running = 0;
  };
  void Run();
  using Lanes = std::map<Lane, Queue>;
  // A lane with work that may run now, the one after `last_` first; the end when there is none.
  Lanes::iterator NextLane() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasWorkOrStops() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return (stopping_ && waiting_ == 0) || NextLane() != lanes_.end();
  }

  const Limits limits_;
  absl::Mutex mutex_;
  Lanes lanes_ ABSL_GUARDED_BY(mutex_);
  Lane last_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_WORKER_POOL_H_
