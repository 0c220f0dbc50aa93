// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_FLIGHT_PLAN_H_
#define ATTESTD_AGENT_FLIGHT_PLAN_H_

#include <absl/time/time.h>

#include <cstddef>
#include <optional>
#include <variant>

#include "agent/config.h"
#include "base/status.h"
#include "kbs_client/backoff.h"

namespace attestd::agent {

// What to do next on the way to one secret, with several brokers that hold it: the first is asked;
// the next when it failed, or beside it when it has not answered for `hedge_after`; when all have
// failed, all again after a wait. Pure: times are points on one clock that does not go back.
class FlightPlan {
 public:
  // Ask the broker with this number; give it until then.
  struct Attempt {
    size_t candidate = 0;
    absl::Duration until;
  };
  // Nothing to do before that time, or until something is concluded.
  struct Wait {
    absl::Duration until;
  };
  // It has failed, thus.
  struct Verdict {
    absl::Status status;
  };
  using Step = std::variant<Attempt, Wait, Verdict>;

  FlightPlan(size_t candidates, const FailoverConfig& failover, kbs::Random random);

  // To be called until it says Wait or Verdict. `deadline` is the latest of the callers'.
  Step Next(absl::Duration now, absl::Duration deadline);
  // An attempt has failed. (One that succeeds ends the flight.)
  void Failed(size_t candidate, absl::Duration now, const absl::Status& status);

 private:
  struct Failure {
    size_t candidate = 0;
    absl::Status status;
  };
  static void Keep(std::optional<Failure>& kept, Failure failure);
  bool MayAsk(absl::Duration now) const;
  void EndRound(absl::Duration now);

  const size_t candidates_;
  const absl::Duration hedge_after_;  // infinite: never
  kbs::Backoff backoff_;
  size_t next_ = 0;     // the candidate that has not been asked in this round
  size_t running_ = 0;  // attempts under way
  int rounds_ = 0;
  bool again_ = false;                 // one of this round's failures may pass
  bool sent_ = false;                  // ... and was met by a request that was sent
  std::optional<absl::Duration> ask_;  // the least wait that this round's failures asked for
  absl::Duration ask_at_;              // when the next may be asked
  absl::Duration give_up_at_ = absl::InfiniteDuration();
  std::optional<Failure> failure_;  // of the first candidate that failed
  std::optional<Failure> answer_;   // of a broker that would say the same again
  absl::Duration answer_until_;     // it is taken then, whoever is still being asked
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_FLIGHT_PLAN_H_
