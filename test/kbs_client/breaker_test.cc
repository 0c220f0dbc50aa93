// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/breaker.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

namespace attestd::kbs {
namespace {

constexpr Breaker::Limits kLimits = {
    .failures = 3, .backoff = {.first = absl::Seconds(1), .cap = absl::Seconds(10)}};

absl::Status Down() {
  return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kBrokerUnreachable, "down");
}

double Half() { return 0.5; }

// A breaker and its clock.
struct Bench {
  Breaker breaker{kLimits, Half};
  absl::Duration now = absl::Seconds(1000);

  void Fail() { breaker.Failed(*breaker.Admit(now), now, Down()); }
  void FailUntilOpen() {
    for (int i = 0; i < kLimits.failures; ++i) {
      Fail();
    }
  }
};

TEST_CASE("Backoff doubles up to the cap, and each delay is in the upper half of its step") {
  std::mt19937 generator(7);
  std::uniform_real_distribution<double> uniform;
  Backoff backoff({.first = absl::Milliseconds(100), .cap = absl::Seconds(1)},
                  [&] { return uniform(generator); });
  for (const int step : {100, 200, 400, 800, 1000, 1000, 1000}) {
    const absl::Duration delay = backoff.Next();
    CHECK(delay >= absl::Milliseconds(step) / 2);
    CHECK(delay <= absl::Milliseconds(step));
  }
  backoff.Reset();
  CHECK(backoff.Next() <= absl::Milliseconds(100));
}

TEST_CASE("A breaker opens after three failures in a row, and says when to come back") {
  Bench bench;
  bench.Fail();
  bench.Fail();
  CHECK_FALSE(bench.breaker.open());
  bench.Fail();
  CHECK(bench.breaker.open());
  const absl::Status refused = bench.breaker.Admit(bench.now).status();
  CHECK(absl::IsUnavailable(refused));
  CHECK(base::GetReason(refused) == base::Reason::kBrokerUnreachable);
  CHECK(RetryAfter(refused) == absl::Milliseconds(750));
}

TEST_CASE("A success between failures keeps the breaker closed") {
  Bench bench;
  for (int i = 0; i < 10; ++i) {
    bench.Fail();
    bench.Fail();
    bench.breaker.Succeeded();
  }
  CHECK_FALSE(bench.breaker.open());
}

TEST_CASE("An open breaker lets one request try, whose outcome decides") {
  Bench bench;
  bench.FailUntilOpen();
  bench.now += absl::Seconds(1);
  const auto permit = bench.breaker.Admit(bench.now);
  REQUIRE(permit.ok());
  CHECK_FALSE(bench.breaker.Admit(bench.now).ok());
  SECTION("success closes") {
    bench.breaker.Succeeded();
    CHECK(bench.breaker.Admit(bench.now).ok());
    CHECK(bench.breaker.Admit(bench.now).ok());
  }
  SECTION("failure waits twice as long") {
    bench.breaker.Failed(*permit, bench.now, Down());
    CHECK(RetryAfter(bench.breaker.Admit(bench.now).status()) == absl::Milliseconds(1500));
  }
  SECTION("a caller who leaves gives the try to the next") {
    bench.breaker.Abandoned(*permit);
    CHECK(bench.breaker.Admit(bench.now).ok());
  }
}

TEST_CASE("Requests that were under way when it opened do not make it wait longer") {
  Bench bench;
  std::vector<Breaker::Permit> permits;
  for (int i = 0; i < 20; ++i) {
    permits.push_back(*bench.breaker.Admit(bench.now));
  }
  for (const Breaker::Permit permit : permits) {
    bench.breaker.Failed(permit, bench.now, Down());
  }
  CHECK(RetryAfter(bench.breaker.Admit(bench.now).status()) == absl::Milliseconds(750));
}

TEST_CASE("Case 49: Retry-After opens at once and is clamped to the cap") {
  Bench bench;
  const auto wait = [&](absl::Duration asked) {
    Bench fresh;
    fresh.breaker.Failed(*fresh.breaker.Admit(fresh.now), fresh.now, WithRetryAfter(Down(), asked));
    return RetryAfter(fresh.breaker.Admit(fresh.now).status());
  };
  CHECK(wait(absl::Seconds(4)) == absl::Seconds(4));
  CHECK(wait(absl::Seconds(999999999)) == absl::Seconds(10));
  CHECK(wait(absl::ZeroDuration()) == absl::Milliseconds(750));
}

// 200 agents of which each has a caller at all times; the broker is away for an hour.
struct Herd {
  struct Outcome {
    absl::Duration worst;  // from the broker's return to an agent's first success
    int most = 0;          // requests within any one of the seconds behind the return
    int tries = 0;         // requests of all agents during the outage
  };

  static Outcome Run() {
    constexpr int kAgents = 200;
    const absl::Duration back = absl::Hours(1);
    std::mt19937 generator(42);
    std::uniform_real_distribution<double> uniform;
    Outcome outcome;
    std::map<int64_t, int> seconds;
    for (int i = 0; i < kAgents; ++i) {
      Breaker breaker(kLimits, [&] { return uniform(generator); });
      absl::Duration now;
      while (true) {
        const auto permit = breaker.Admit(now);
        if (!permit.ok()) {
          now += *RetryAfter(permit.status());
          continue;
        }
        if (now >= back) {
          break;
        }
        ++outcome.tries;
        breaker.Failed(*permit, now, Down());
      }
      outcome.worst = std::max(outcome.worst, now - back);
      ++seconds[absl::ToInt64Seconds(now - back)];
    }
    for (const auto& [second, count] : seconds) {
      outcome.most = std::max(outcome.most, count);
    }
    return outcome;
  }
};

TEST_CASE("Case 69: after an hour's outage 200 agents come back within one cap, not in step") {
  const Herd::Outcome outcome = Herd::Run();
  INFO("worst " << absl::ToDoubleSeconds(outcome.worst) << " s, most in a second " << outcome.most
                << ", tries " << outcome.tries);
  CHECK(outcome.worst <= kLimits.backoff.cap);
  // Even would be about 27 in a second: delays lie between 5 and 10 s.
  CHECK(outcome.most <= 60);
  CHECK(outcome.tries < 200 * 3600 / 5 + 200 * 10);
}

}  // namespace
}  // namespace attestd::kbs
