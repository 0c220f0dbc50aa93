// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_TOKEN_BUCKET_H_
#define ATTESTD_AGENT_TOKEN_BUCKET_H_

#include <absl/time/time.h>

#include <algorithm>

namespace attestd::agent {

// Lets a burst pass at once, and then so many a second. Calls come one at a time.
class TokenBucket {
 public:
  // Full at `now`, a point on any clock that does not go back.
  TokenBucket(double burst, double per_second, absl::Duration now)
      : burst_(burst), per_second_(per_second), tokens_(burst), filled_(now) {}

  // Whether one more may pass now.
  bool Take(absl::Duration now) {
    const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - filled_));
    tokens_ = std::min(burst_, tokens_ + seconds * per_second_);
    filled_ = std::max(filled_, now);
    if (tokens_ < 1) {
      return false;
    }
    tokens_ -= 1;
    return true;
  }

 private:
  const double burst_;
  const double per_second_;
  double tokens_;
  absl::Duration filled_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_TOKEN_BUCKET_H_
