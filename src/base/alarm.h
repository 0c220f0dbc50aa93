// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_ALARM_H_
#define ATTESTD_BASE_ALARM_H_

#include <absl/base/thread_annotations.h>

#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "base/deadline.h"
#include "base/monitor.h"

namespace attestd::base {

// Runs short pieces of work later, on one thread of its own. They must not block.
class Alarm {
 public:
  Alarm() = default;
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  // What has not been run is dropped.
  ~Alarm();

  using Id = uint64_t;
  // Never zero.
  Id At(Deadline when, std::function<void()> work);
  // No effect when it has been run or runs just now, or for zero.
  void Cancel(Id id);

 private:
  void Run();

  Monitor monitor_;
  uint64_t last_id_ ABSL_GUARDED_BY(monitor_) = 0;
  std::map<Id, std::pair<Deadline, std::function<void()>>> waiting_ ABSL_GUARDED_BY(monitor_);
  Deadline next_ ABSL_GUARDED_BY(monitor_) = Deadline::Infinite();  // when the thread wakes up
  bool stopping_ ABSL_GUARDED_BY(monitor_) = false;
  std::thread thread_ ABSL_GUARDED_BY(monitor_);  // since the first piece of work
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_ALARM_H_
