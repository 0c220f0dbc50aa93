// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/breaker.h"

#include <absl/strings/cord.h>
#include <absl/strings/numbers.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace attestd::kbs {
namespace {

constexpr char kRetryAfterUrl[] = "attestd/retry-after-ms";
constexpr char kNotAskedUrl[] = "attestd/not-asked";

}  // namespace

absl::StatusOr<Breaker::Permit> Breaker::Admit(absl::Duration now) {
  if (open_) {
    if (trying_ || now < next_try_) {
      const absl::Duration wait = std::max(next_try_ - now, limits_.backoff.first / 2);
      absl::Status again = WithRetryAfter(base::Annotate(last_, "not asked again so soon"), wait);
      again.SetPayload(kNotAskedUrl, absl::Cord("1"));
      return again;
    }
    trying_ = true;
  }
  return Permit{.period = period_};
}

void Breaker::Succeeded() {
  open_ = false;
  trying_ = false;
  failures_ = 0;
  backoff_.Reset();
}

void Breaker::Failed(Permit permit, absl::Duration now, const absl::Status& failure) {
  if (permit.period != period_) {
    return;
  }
  ++failures_;
  last_ = failure;
  const std::optional<absl::Duration> asked = RetryAfter(failure);
  if (failures_ < limits_.failures && !asked.has_value()) {
    return;
  }
  open_ = true;
  trying_ = false;
  ++period_;
  const absl::Duration wait = backoff_.Next();
  next_try_ = now + std::clamp(asked.value_or(wait), wait, std::max(wait, limits_.backoff.cap));
}

void Breaker::Abandoned(Permit permit) {
  if (permit.period == period_) {
    trying_ = false;
  }
}

std::optional<absl::Duration> RetryAfter(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryAfterUrl);
  int64_t ms = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &ms)) {
    return std::nullopt;
  }
  return absl::Milliseconds(ms);
}

bool NotAsked(const absl::Status& status) { return status.GetPayload(kNotAskedUrl).has_value(); }

absl::Status WithRetryAfter(absl::Status status, absl::Duration wait) {
  status.SetPayload(kRetryAfterUrl, absl::Cord(std::to_string(absl::ToInt64Milliseconds(
                                        absl::Ceil(wait, absl::Milliseconds(1))))));
  return status;
}

}  // namespace attestd::kbs
