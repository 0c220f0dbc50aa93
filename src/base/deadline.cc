// SPDX-License-Identifier: Apache-2.0
#include "base/deadline.h"

#include <algorithm>
#include <ctime>

namespace attestd::base {

absl::Duration BootTime() {
  timespec now{};
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) {
    return absl::ZeroDuration();
  }
  return absl::DurationFromTimespec(now);
}

Deadline Deadline::After(absl::Duration duration) { return Deadline(BootTime() + duration); }

Deadline Deadline::Infinite() { return Deadline(absl::InfiniteDuration()); }

absl::Duration Deadline::Remaining() const {
  return std::max(absl::ZeroDuration(), since_boot_ - BootTime());
}

}  // namespace attestd::base
