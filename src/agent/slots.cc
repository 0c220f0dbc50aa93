// SPDX-License-Identifier: Apache-2.0
#include "agent/slots.h"

#include <utility>

namespace attestd::agent {

bool Slots::Enter(Lane lane, std::function<void()> begin) {
  {
    const absl::MutexLock lock(&mutex_);
    Queue& queue = lanes_[lane];
    if (queue.running >= limits_.running) {
      if (waiting_ >= limits_.waiting) {
        return false;
      }
      queue.waiting.push_back(std::move(begin));
      ++waiting_;
      ++present_;
      return true;
    }
    ++queue.running;
    ++present_;
  }
  begin();
  return true;
}

// Those who wait are begun by one thread in a loop: one of them may leave before it returns.
void Slots::Leave(Lane lane) {
  const absl::MutexLock lock(&mutex_);
  Queue& queue = lanes_[lane];
  --queue.running;
  if (queue.draining) {
    --present_;
    return;
  }
  queue.draining = true;
  while (!queue.waiting.empty() && queue.running < limits_.running) {
    std::function<void()> begin = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    --waiting_;
    ++queue.running;
    mutex_.Unlock();
    begin();
    begin = nullptr;
    mutex_.Lock();
  }
  queue.draining = false;
  --present_;
}

void Slots::Drain() {
  const absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](size_t* present) { return *present == 0; }, &present_));
}

}  // namespace attestd::agent
