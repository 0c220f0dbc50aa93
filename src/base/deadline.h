// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_DEADLINE_H_
#define ATTESTD_BASE_DEADLINE_H_

#include <absl/time/time.h>

namespace attestd::base {

// A point on the boot clock (CLOCK_BOOTTIME): it counts through suspend and does not follow the
// wall clock, which the host controls.
class Deadline {
 public:
  // From now; a negative or zero duration is already expired.
  static Deadline After(absl::Duration duration);
  static Deadline Infinite();

  // Time left, never negative; InfiniteDuration for Infinite().
  absl::Duration Remaining() const;
  bool Expired() const { return Remaining() <= absl::ZeroDuration(); }
  // The earlier of the two.
  static Deadline Earlier(Deadline a, Deadline b) { return b < a ? b : a; }
  static Deadline Later(Deadline a, Deadline b) { return a < b ? b : a; }
  bool operator<(Deadline other) const { return since_boot_ < other.since_boot_; }

 private:
  explicit Deadline(absl::Duration since_boot) : since_boot_(since_boot) {}
  absl::Duration since_boot_;
};

// Time since boot, suspend included.
absl::Duration BootTime();

}  // namespace attestd::base

#endif  // ATTESTD_BASE_DEADLINE_H_
