// SPDX-License-Identifier: Apache-2.0
#include "base/alarm.h"

#include <vector>

namespace attestd::base {

Alarm::~Alarm() {
  std::thread thread;
  {
    const MonitorLock lock(monitor_);
    stopping_ = true;
    thread = std::move(thread_);
  }
  monitor_.NotifyAll();
  if (thread.joinable()) {
    thread.join();
  }
}

Alarm::Id Alarm::At(Deadline when, std::function<void()> work) {
  const MonitorLock lock(monitor_);
  const Id id = ++last_id_;
  waiting_.emplace(id, std::make_pair(when, std::move(work)));
  if (!thread_.joinable() && !stopping_) {
    thread_ = std::thread([this] { Run(); });
  } else if (when < next_) {
    next_ = when;
    monitor_.NotifyAll();
  }
  return id;
}

void Alarm::Cancel(Id id) {
  std::function<void()> dropped;  // what it holds is let go of without the lock
  const MonitorLock lock(monitor_);
  if (const auto found = waiting_.find(id); found != waiting_.end()) {
    dropped = std::move(found->second.second);
    waiting_.erase(found);
  }
}

void Alarm::Run() {
  const MonitorLock lock(monitor_);
  while (!stopping_) {
    std::vector<std::function<void()>> due;
    next_ = Deadline::Infinite();
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (it->second.first.Expired()) {
        due.push_back(std::move(it->second.second));
        it = waiting_.erase(it);
      } else {
        next_ = Deadline::Earlier(next_, it->second.first);
        ++it;
      }
    }
    if (!due.empty()) {
      monitor_.Unlock();
      for (const std::function<void()>& work : due) {
        work();
      }
      due.clear();
      monitor_.Lock();
      continue;
    }
    const Deadline planned = next_;
    monitor_.Await(planned, [this, planned]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_) {
      return stopping_ || next_ < planned;
    });
  }
}

}  // namespace attestd::base
