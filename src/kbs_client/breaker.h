// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_BREAKER_H_
#define ATTESTD_KBS_CLIENT_BREAKER_H_

#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "base/status.h"
#include "kbs_client/backoff.h"

namespace attestd::kbs {

// Keeps requests from a broker that fails. Closed at first; after so many failures in a row open:
// requests are answered with the last failure and no packet is sent. Each time the (jittered) wait
// is over, one request may try; its success closes, its failure waits longer. Pure: times are
// points on any clock that does not go back, and calls come one at a time.
class Breaker {
 public:
  struct Limits {
    int failures = 3;
    Backoff::Limits backoff = {.first = absl::Milliseconds(250), .cap = absl::Seconds(10)};
  };
  Breaker(Limits limits, Random random)
      : limits_(limits), backoff_(limits.backoff, std::move(random)) {}

  // Says when a request was let through: what those before it meet no longer counts.
  struct Permit {
    uint64_t period = 0;
  };
  // Go ahead, and tell the outcome by one of the next three. Otherwise the last failure, with the
  // time until the next try as RetryAfter.
  absl::StatusOr<Permit> Admit(absl::Duration now);
  void Succeeded();
  // A failure with RetryAfter, the broker's own word, opens at once, for at most the cap.
  void Failed(Permit permit, absl::Duration now, const absl::Status& failure);
  // Neither: the caller left too soon to tell.
  void Abandoned(Permit permit);

  bool open() const { return open_; }

 private:
  const Limits limits_;
  Backoff backoff_;
  int failures_ = 0;
  bool open_ = false;
  bool trying_ = false;  // while open: the one request that may try is under way
  uint64_t period_ = 0;  // counts up each time it opens
  absl::Duration next_try_;
  absl::Status last_;
};

// How long whoever failed asked to wait, carried by a status; nothing without.
std::optional<absl::Duration> RetryAfter(const absl::Status& status);
// True for a failure that an open breaker gave again: no request was sent.
bool NotAsked(const absl::Status& status);
absl::Status WithRetryAfter(absl::Status status, absl::Duration wait);

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_BREAKER_H_
