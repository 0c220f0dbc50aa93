// SPDX-License-Identifier: Apache-2.0
#include "agent/worker_pool.h"

#include <utility>

namespace attestd::agent {

WorkerPool::WorkerPool(size_t max_threads, size_t max_waiting)
    : max_threads_(max_threads), max_waiting_(max_waiting) {}

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

bool WorkerPool::Submit(std::function<void()> work) {
  const absl::MutexLock lock(&mutex_);
  if (stopping_ || waiting_.size() >= max_waiting_) {
    return false;
  }
  waiting_.push_back(std::move(work));
  if (idle_ < waiting_.size() && threads_.size() < max_threads_) {
    threads_.emplace_back([this] { Run(); });
  }
  return true;
}

void WorkerPool::Run() {
  const absl::MutexLock lock(&mutex_);
  while (true) {
    ++idle_;
    mutex_.Await(absl::Condition(
        +[](WorkerPool* pool)
             ABSL_EXCLUSIVE_LOCKS_REQUIRED(pool->mutex_) { return pool->HasWorkOrStops(); },
        this));
    --idle_;
    if (waiting_.empty()) {
      return;
    }
    std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    mutex_.Unlock();
    work();
    work = nullptr;
    mutex_.Lock();
  }
}

}  // namespace attestd::agent
