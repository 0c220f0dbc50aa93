// SPDX-License-Identifier: Apache-2.0
#include "agent/flight_plan.h"

#include <algorithm>
#include <utility>

#include "kbs_client/breaker.h"

namespace attestd::agent {
namespace {

// After so long of tries the caller is told, who may have more time: nobody at a terminal waits a
// minute to hear of a wrong url.
constexpr absl::Duration kTryTime = absl::Seconds(10);
// What is left of the caller's time to be told in.
constexpr absl::Duration kTellTime = absl::Milliseconds(20);
// Not counting those that a breaker answered.
constexpr int kMaxRounds = 8;
// How long a broker that is being asked may still overrule the refusal of a lesser one.
constexpr absl::Duration kOverruleTime = absl::Seconds(1);

enum class Meaning {
  kAnswer,     // what the broker says; another would be asked to say otherwise
  kElsewhere,  // this broker is of no use; another may be
  kPasses,     // trouble that may pass
};

Meaning MeaningOf(const absl::Status& status) {
  const auto reason = base::GetReason(status);
  if (reason == base::Reason::kBrokerUntrusted || reason == base::Reason::kReplyRejected ||
      reason == base::Reason::kVersionMismatch) {
    return Meaning::kElsewhere;
  }
  const bool passes = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  return passes ? Meaning::kPasses : Meaning::kAnswer;
}

}  // namespace

FlightPlan::FlightPlan(size_t candidates, const FailoverConfig& failover, kbs::Random random)
    : candidates_(candidates),
      hedge_after_(failover.hedge_after),
      backoff_({}, std::move(random)) {}

FlightPlan::Step FlightPlan::Next(absl::Duration now, absl::Duration deadline) {
  if (answer_.has_value() && (running_ == 0 || now >= answer_until_)) {
    return Verdict{.status = answer_->status};
  }
  give_up_at_ = std::min(give_up_at_, now + kTryTime);
  if (running_ == 0 && next_ == 0 && failure_.has_value() &&
      (rounds_ >= kMaxRounds || ask_at_ >= std::min(deadline - kTellTime, give_up_at_))) {
    return Verdict{.status = failure_->status};
  }
  if (MayAsk(now)) {
    const size_t left = candidates_ - next_;
    const absl::Duration share = (deadline - now) / static_cast<int64_t>(left);
    const bool hedged = hedge_after_ != absl::InfiniteDuration();
    ++running_;
    ask_at_ = now + hedge_after_;
    return Attempt{.candidate = next_++, .until = hedged || left == 1 ? deadline : now + share};
  }
  absl::Duration until = absl::InfiniteDuration();
  if (next_ < candidates_ && !answer_.has_value()) {
    until = ask_at_;
  }
  return Wait{.until = answer_.has_value() ? answer_until_ : until};
}

bool FlightPlan::MayAsk(absl::Duration now) const {
  return next_ < candidates_ && !answer_.has_value() && now >= ask_at_;
}

void FlightPlan::Failed(size_t candidate, absl::Duration now, const absl::Status& status) {
  --running_;
  const Meaning meaning = MeaningOf(status);
  if (meaning == Meaning::kAnswer) {
    Keep(answer_, {.candidate = candidate, .status = status});
    answer_until_ = now + kOverruleTime;
    return;
  }
  Keep(failure_, {.candidate = candidate, .status = status});
  if (meaning == Meaning::kPasses) {
    again_ = true;
    const absl::Duration asked = kbs::RetryAfter(status).value_or(absl::ZeroDuration());
    ask_ = std::min(ask_.value_or(asked), asked);
    sent_ = sent_ || !kbs::NotAsked(status);
  }
  ask_at_ = now;  // the next at once
  if (running_ == 0 && next_ == candidates_) {
    EndRound(now);
  }
}

// The failure of the candidate that comes first, and of that one the last.
void FlightPlan::Keep(std::optional<Failure>& kept, Failure failure) {
  if (!kept.has_value() || failure.candidate <= kept->candidate) {
    kept = std::move(failure);
  }
}

void FlightPlan::EndRound(absl::Duration now) {
  if (sent_ || !again_) {
    rounds_ = again_ ? rounds_ + 1 : kMaxRounds;
  }
  const absl::Duration pause = sent_ ? backoff_.Next() : absl::ZeroDuration();
  ask_at_ = now + std::max(pause, ask_.value_or(absl::ZeroDuration()));
  next_ = 0;
  again_ = false;
  sent_ = false;
  ask_.reset();
}

}  // namespace attestd::agent
