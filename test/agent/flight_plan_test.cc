// SPDX-License-Identifier: Apache-2.0
#include "agent/flight_plan.h"

#include <catch2/catch.hpp>

#include "kbs_client/breaker.h"

namespace attestd::agent {
namespace {

using base::Reason;

absl::Status Down() {
  return base::MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUnreachable, "down");
}
absl::Status Missing() {
  return base::MakeStatus(absl::StatusCode::kNotFound, Reason::kResourceNotFound, "missing");
}
absl::Status Untrusted() {
  return base::MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUntrusted, "untrusted");
}

constexpr absl::Duration kStart = absl::Seconds(100);
constexpr absl::Duration kDeadline = absl::Seconds(160);

struct Bench {
  explicit Bench(size_t candidates, absl::Duration hedge_after = absl::InfiniteDuration())
      : plan(candidates, {.hedge_after = hedge_after}, [] { return 0.5; }) {}

  FlightPlan::Step Next() { return plan.Next(now, kDeadline); }
  // The candidate to ask now; -1 when there is none.
  int Ask() {
    const FlightPlan::Step step = Next();
    const auto* attempt = std::get_if<FlightPlan::Attempt>(&step);
    return attempt != nullptr ? static_cast<int>(attempt->candidate) : -1;
  }
  absl::Duration Wait() { return std::get<FlightPlan::Wait>(Next()).until; }
  absl::Status Verdict() { return std::get<FlightPlan::Verdict>(Next()).status; }
  void Fail(size_t candidate, const absl::Status& status) { plan.Failed(candidate, now, status); }

  FlightPlan plan;
  absl::Duration now = kStart;
};

TEST_CASE("The first broker is asked, for all the time, and nothing else happens") {
  Bench bench(1);
  const FlightPlan::Step step = bench.Next();
  CHECK(std::get<FlightPlan::Attempt>(step).candidate == 0);
  CHECK(std::get<FlightPlan::Attempt>(step).until == kDeadline);
  CHECK(bench.Wait() == absl::InfiniteDuration());
}

TEST_CASE("What a broker answers is the verdict at once") {
  Bench bench(2);
  CHECK(bench.Ask() == 0);
  bench.Fail(0, Missing());
  CHECK(absl::IsNotFound(bench.Verdict()));
}

TEST_CASE("A broker that fails is followed by the next at once, then by all after a wait") {
  Bench bench(2);
  CHECK(bench.Ask() == 0);
  bench.Fail(0, Down());
  CHECK(bench.Ask() == 1);
  bench.Fail(1, Down());
  CHECK(bench.Wait() == kStart + absl::Milliseconds(75));
  bench.now = kStart + absl::Milliseconds(75);
  CHECK(bench.Ask() == 0);
}

TEST_CASE("A first broker that stalls leaves the others their share of the time") {
  Bench bench(3);
  const FlightPlan::Step step = bench.Next();
  CHECK(std::get<FlightPlan::Attempt>(step).until == kStart + absl::Seconds(20));
  bench.now += absl::Seconds(20);
  bench.Fail(0, absl::DeadlineExceededError("stalled"));
  CHECK(bench.Ask() == 1);
}

TEST_CASE("A broker that has not answered in time is asked on, beside the next") {
  Bench bench(2, absl::Milliseconds(200));
  CHECK(std::get<FlightPlan::Attempt>(bench.Next()).until == kDeadline);
  CHECK(bench.Wait() == kStart + absl::Milliseconds(200));
  bench.now += absl::Milliseconds(200);
  CHECK(bench.Ask() == 1);
  CHECK(bench.Wait() == absl::InfiniteDuration());
  SECTION("a refusal of the second waits for the first, but not for ever") {
    bench.Fail(1, Missing());
    CHECK(bench.Wait() == bench.now + absl::Seconds(1));
    SECTION("the first says the same otherwise") {
      bench.Fail(0, base::MakeStatus(absl::StatusCode::kPermissionDenied, "denied"));
      CHECK(absl::IsPermissionDenied(bench.Verdict()));
    }
    SECTION("the first fails") {
      bench.Fail(0, Down());
      CHECK(absl::IsNotFound(bench.Verdict()));
    }
    SECTION("the first says nothing") {
      bench.now += absl::Seconds(1);
      CHECK(absl::IsNotFound(bench.Verdict()));
    }
  }
}

TEST_CASE("Case 49: tries are bounded, and the caller is told what failed") {
  Bench bench(1);
  int tries = 0;
  for (; bench.Ask() == 0; ++tries) {
    bench.Fail(0, Down());
    const FlightPlan::Step step = bench.Next();
    if (const auto* wait = std::get_if<FlightPlan::Wait>(&step)) {
      bench.now = wait->until;
    }
  }
  CHECK(tries == 8);
  CHECK(absl::IsUnavailable(bench.Verdict()));
  CHECK(bench.now - kStart < absl::Seconds(10));
}

TEST_CASE("What an open breaker answers costs time, but no try") {
  kbs::Breaker breaker({.failures = 1, .backoff = {.first = absl::Hours(1), .cap = absl::Hours(1)}},
                       [] { return 0.5; });
  breaker.Failed(*breaker.Admit(kStart), kStart, Down());
  const absl::Status refused =
      kbs::WithRetryAfter(breaker.Admit(kStart).status(), absl::Milliseconds(500));
  CHECK(kbs::NotAsked(refused));
  CHECK_FALSE(kbs::NotAsked(Down()));
  Bench bench(1);
  int asked = 0;
  for (; bench.Ask() == 0; ++asked) {
    bench.Fail(0, refused);
    const FlightPlan::Step step = bench.Next();
    if (const auto* wait = std::get_if<FlightPlan::Wait>(&step)) {
      bench.now = wait->until;
    }
  }
  CHECK(asked == 20);  // ten seconds of them
  CHECK(absl::IsUnavailable(bench.Verdict()));
}

TEST_CASE("A wait that goes beyond the deadline is not waited for") {
  Bench bench(1);
  CHECK(bench.Ask() == 0);
  bench.Fail(0, kbs::WithRetryAfter(Down(), kDeadline - kStart));
  CHECK(absl::IsUnavailable(bench.Verdict()));
}

TEST_CASE("The wait that a broker asked for is kept, unless another may be asked before") {
  Bench bench(2);
  CHECK(bench.Ask() == 0);
  bench.Fail(0, kbs::WithRetryAfter(Down(), absl::Seconds(9)));
  CHECK(bench.Ask() == 1);
  bench.Fail(1, kbs::WithRetryAfter(Down(), absl::Seconds(3)));
  CHECK(bench.Wait() == kStart + absl::Seconds(3));
}

TEST_CASE("A broker that is not trusted is not asked again, but another is") {
  Bench bench(2);
  CHECK(bench.Ask() == 0);
  bench.Fail(0, Untrusted());
  CHECK(bench.Ask() == 1);
  bench.Fail(1, Untrusted());
  CHECK(base::GetReason(bench.Verdict()) == Reason::kBrokerUntrusted);
}

}  // namespace
}  // namespace attestd::agent
