// SPDX-License-Identifier: Apache-2.0
#include "base/http_clock.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <utility>

#include "base/deadline.h"

namespace attestd::base {

// Seconds since 1970: cmake/BuildTime.cmake.
absl::Time BuildTime() { return absl::FromUnixSeconds(ATTESTD_BUILD_TIME); }

HttpClock::HttpClock(std::function<absl::Time()> wall) : wall_(std::move(wall)) {}

absl::Time HttpClock::Now() const {
  const absl::Time latest = std::max(wall_ ? wall_() : absl::Now(), BuildTime());
  const absl::MutexLock lock(&mutex_);
  return seen_.has_value() ? std::max(latest, seen_->date + (BootTime() - seen_->boot_time))
                           : latest;
}

void HttpClock::Observe(absl::Time date) {
  const absl::MutexLock lock(&mutex_);
  seen_ = {.date = date, .boot_time = BootTime()};
}

}  // namespace attestd::base
