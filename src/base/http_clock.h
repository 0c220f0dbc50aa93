// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HTTP_CLOCK_H_
#define ATTESTD_BASE_HTTP_CLOCK_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <functional>
#include <optional>

namespace attestd::base {

// When this program was built, as far as the build says: an instant that the present is not before.
absl::Time BuildTime();

// The clock that certificates are judged by. The host sets the wall clock, so a date in the past
// is not believed: now is the latest of the wall clock, the build, and the last date that a
// verified server gave plus the boot clock's advance since. Safe to use from many threads.
class HttpClock {
 public:
  // `wall` gives the wall clock; absl::Now where it is empty.
  explicit HttpClock(std::function<absl::Time()> wall);

  absl::Time Now() const;
  // A Date header from a server whose certificate was verified. It takes the place of the one
  // before, so that one server's mistake lasts until its next answer.
  void Observe(absl::Time date);

 private:
  struct Seen {
    absl::Time date;
    absl::Duration boot_time;
  };

  const std::function<absl::Time()> wall_;
  mutable absl::Mutex mutex_;
  std::optional<Seen> seen_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HTTP_CLOCK_H_
