// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_BACKOFF_H_
#define ATTESTD_KBS_CLIENT_BACKOFF_H_

#include <absl/time/time.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace attestd::kbs {

// Uniform in [0, 1).
using Random = std::function<double()>;
// From OpenSSL's generator.
double SecureRandom();

// Delays between tries: exponential with jitter, so that many clients that failed together do not
// come back together. Each is uniform between half of the step and the step; steps double from
// `first` up to `cap`.
class Backoff {
 public:
  struct Limits {
    absl::Duration first = absl::Milliseconds(100);
    absl::Duration cap = absl::Seconds(10);
  };
  Backoff(Limits limits, Random random) : limits_(limits), random_(std::move(random)) { Reset(); }

  absl::Duration Next() {
    const absl::Duration step = step_;
    step_ = std::min(limits_.cap, step * 2);
    return step * (0.5 + random_() / 2);
  }
  void Reset() { step_ = std::min(limits_.first, limits_.cap); }

 private:
  const Limits limits_;
  const Random random_;
  absl::Duration step_;
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_BACKOFF_H_
