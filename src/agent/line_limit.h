// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_LINE_LIMIT_H_
#define ATTESTD_AGENT_LINE_LIMIT_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "agent/token_bucket.h"
#include "base/deadline.h"

namespace attestd::agent {

// Keeps a log readable when somebody makes the same thing fail all the time.
class LineLimit {
 public:
  // How many lines were left out before this one; nothing: this one is, too.
  std::optional<uint64_t> Pass() {
    const absl::MutexLock lock(&mutex_);
    if (!bucket_.Take(base::BootTime())) {
      ++left_out_;
      return std::nullopt;
    }
    return std::exchange(left_out_, 0);
  }

 private:
  static constexpr double kBurst = 100;
  static constexpr double kPerSecond = 10;

  absl::Mutex mutex_;
  TokenBucket bucket_ ABSL_GUARDED_BY(mutex_) = TokenBucket(kBurst, kPerSecond, base::BootTime());
  uint64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_LINE_LIMIT_H_
