// SPDX-License-Identifier: Apache-2.0
#include "agent/worker_pool.h"

#include <utility>

namespace attestd::agent {

WorkerPool::WorkerPool(Limits limits) : limits_(limits) {}

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

bool WorkerPool::Submit(Lane lane, std::function<void()> work) {
  const absl::MutexLock lock(&mutex_);
  if (stopping_ || waiting_ >= limits_.waiting) {
    return false;
  }
  Queue& queue = lanes_[lane];
  queue.waiting.push_back(std::move(work));
  ++waiting_;
  if (idle_ < waiting_ && threads_.size() < limits_.threads &&
      queue.running < limits_.threads_per_lane) {
    threads_.emplace_back([this] { Run(); });
  }
  return true;
}

WorkerPool::Lanes::iterator WorkerPool::NextLane() {
  const auto ready = [this](const Queue& queue) {
    return !queue.waiting.empty() && queue.running < limits_.threads_per_lane;
  };
  // Round and round, so that no lane waits for another to be empty.
  auto lane = lanes_.upper_bound(last_);
  for (size_t i = 0; i < lanes_.size(); ++i, ++lane) {
    if (lane == lanes_.end()) {
      lane = lanes_.begin();
    }
    if (ready(lane->second)) {
      return lane;
    }
  }
  return lanes_.end();
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
    const auto lane = NextLane();
    if (lane == lanes_.end()) {
      return;
    }
    last_ = lane->first;
    Queue* queue = &lane->second;
    std::function<void()> work = std::move(queue->waiting.front());
    queue->waiting.pop_front();
    --waiting_;
    ++queue->running;
    mutex_.Unlock();
    work();
    work = nullptr;
    mutex_.Lock();
    --queue->running;
  }
}

}  // namespace attestd::agent
