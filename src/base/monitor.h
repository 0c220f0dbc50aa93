// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_MONITOR_H_
#define ATTESTD_BASE_MONITOR_H_

#include <absl/base/thread_annotations.h>
#include <absl/time/time.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/deadline.h"

namespace attestd::base {

// A mutex and the news that what it guards has changed. For waits that end by a deadline: those of
// absl::Mutex follow the wall clock, which the host sets; these the monotonic clock.
class ABSL_LOCKABLE Monitor {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  // Whoever changes what `Await` waits for says so.
  void NotifyAll() { changed_.notify_all(); }

  // Waits, without the lock, until `holds()` is true under the lock; false when the deadline passed
  // first.
  template <typename Predicate>
  bool Await(Deadline deadline, Predicate holds)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    // A day: no wait of ours is longer, and infinity is no number for the library.
    constexpr absl::Duration kLongest = absl::Hours(24);
    std::unique_lock<std::mutex> lock(mutex_, std::adopt_lock);
    bool now = holds();
    while (!now && !deadline.Expired()) {
      const absl::Duration left = std::min(deadline.Remaining(), kLongest);
      changed_.wait_for(lock, absl::ToChronoNanoseconds(left));
      now = holds();
    }
    lock.release();
    return now;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Holds a monitor for a scope.
class ABSL_SCOPED_LOCKABLE MonitorLock {
 public:
  explicit MonitorLock(Monitor& monitor) ABSL_EXCLUSIVE_LOCK_FUNCTION(monitor) : monitor_(monitor) {
    monitor_.Lock();
  }
  ~MonitorLock() ABSL_UNLOCK_FUNCTION() { monitor_.Unlock(); }
  MonitorLock(const MonitorLock&) = delete;
  MonitorLock& operator=(const MonitorLock&) = delete;

 private:
  Monitor& monitor_;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_MONITOR_H_
