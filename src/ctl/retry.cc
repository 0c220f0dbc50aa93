// SPDX-License-Identifier: Apache-2.0
#include "ctl/retry.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdint>

namespace attestd::ctl {
namespace {

// In [0, 1). Jitter is no secret: without random numbers there is none.
double Random() {
  uint32_t number = 0;
  if (::getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number)) {
    return 0.5;
  }
  return number / 4294967296.0;
}

}  // namespace

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status);
}

absl::Duration Pauses::Next() {
  const absl::Duration step = std::min(step_, cap_);
  step_ = std::min(cap_, step * 2);
  return step * (0.5 + Random() / 2);
}

absl::Duration About(absl::Duration duration) { return duration * (0.9 + Random() / 5); }

}  // namespace attestd::ctl
