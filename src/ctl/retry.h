// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_RETRY_H_
#define ATTESTD_CTL_RETRY_H_

#include <absl/time/time.h>

#include "base/status.h"

namespace attestd::ctl {

// Errors that go away by themselves: the daemon, the broker or the time is missing, or they are
// busy.
bool MayPass(const absl::Status& status);

// Pauses that grow twofold from `first` to `cap`. Each is between half of its step and the step, by
// the kernel's random numbers, so that many that failed together do not come back together.
class Pauses {
 public:
  Pauses(absl::Duration first, absl::Duration cap) : first_(first), cap_(cap), step_(first) {}

  absl::Duration Next();
  void Reset() { step_ = first_; }

 private:
  absl::Duration first_;
  absl::Duration cap_;
  absl::Duration step_;
};

// The duration, more or less a tenth of it.
absl::Duration About(absl::Duration duration);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_RETRY_H_
