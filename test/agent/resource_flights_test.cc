// SPDX-License-Identifier: Apache-2.0
#include "agent/resource_flights.h"

#include <absl/synchronization/notification.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test/agent/fake_broker.h"

namespace attestd::agent {
namespace {

// One caller's answer.
struct Answer {
  absl::Notification done;
  absl::Status status;
  std::string secret;
};

class Bench {
 public:
  explicit Bench(int brokers = 1, FailoverConfig failover = {})
      : current_(MakeSet(brokers, failover), alarm_) {}
  ~Bench() { flights_.Drain(); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  std::shared_ptr<Answer> Ask(const std::string& uri = "kbs:///a/b/c",
                              base::CallContext caller = {}) {
    auto answer = std::make_shared<Answer>();
    if (!(caller.deadline < base::Deadline::Infinite())) {
      caller.deadline = base::Deadline::After(absl::Seconds(20));
    }
    flights_.Get(*kbs::ResourceUri::Parse(uri), caller,
                 [answer](const ResourceFlights::Result& result) {
                   answer->status = result.status();
                   if (result.ok()) {
                     answer->secret = base::AsText(result->secret->view());
                   }
                   answer->done.Notify();
                 });
    return answer;
  }
  static void Await(Answer& answer) {
    REQUIRE(answer.done.WaitForNotificationWithTimeout(absl::Seconds(20)));
  }

  FakeBroker& broker(size_t i) { return *fakes_[i]; }

 private:
  BrokerSet MakeSet(int count, FailoverConfig failover) {
    std::vector<ConfiguredBroker> brokers;
    for (int i = 0; i < count; ++i) {
      BrokerConfig config;
      config.name = "broker" + std::to_string(i);
      config.url = "https://" + config.name + ".test:8080";
      config.priority = i;
      fakes_.push_back(std::make_shared<FakeBroker>(config.name));
      brokers.push_back({.config = config, .files = {}, .broker = fakes_.back(), .lane = i + 1});
    }
    return {std::move(brokers), failover};
  }

  std::vector<std::shared_ptr<FakeBroker>> fakes_;
  ResourceFlights flights_{current_, alarm_, [] { return 0.5; }};
  base::Alarm alarm_;
  CurrentBrokers current_;
};

TEST_CASE("A thousand callers of one resource share one fetch, and hold no thread") {
  Bench bench;
  bench.broker(0).Stall(true);
  std::vector<std::shared_ptr<Answer>> answers;
  answers.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    answers.push_back(bench.Ask());
  }
  bench.broker(0).Stall(false);
  for (const auto& answer : answers) {
    Bench::Await(*answer);
    CHECK(answer->secret == "broker0");
  }
  CHECK(bench.broker(0).asked() == 1);
}

TEST_CASE("Different resources are fetched each on its own") {
  Bench bench;
  const auto one = bench.Ask("kbs:///a/b/c");
  const auto other = bench.Ask("kbs:///a/b/c?v=2");
  Bench::Await(*one);
  Bench::Await(*other);
  CHECK(bench.broker(0).asked() == 2);
}

TEST_CASE("A caller who leaves is answered, and the fetch goes on for the others") {
  Bench bench;
  bench.broker(0).Stall(true);
  std::stop_source leave;
  const auto leaving = bench.Ask("kbs:///a/b/c", {.stop = leave.get_token()});
  const auto staying = bench.Ask();
  bench.broker(0).AwaitAsked(1);
  leave.request_stop();
  Bench::Await(*leaving);
  CHECK(absl::IsCancelled(leaving->status));
  bench.broker(0).Stall(false);
  Bench::Await(*staying);
  CHECK(staying->secret == "broker0");
  CHECK(bench.broker(0).asked() == 1);
}

TEST_CASE("A fetch that nobody waits for is stopped, and the next caller begins anew") {
  Bench bench;
  bench.broker(0).Stall(true);
  std::stop_source leave;
  const auto leaving = bench.Ask("kbs:///a/b/c", {.stop = leave.get_token()});
  bench.broker(0).AwaitAsked(1);
  leave.request_stop();
  Bench::Await(*leaving);
  bench.broker(0).AwaitGivenUp(1);
  bench.broker(0).Stall(false);
  const auto next = bench.Ask();
  Bench::Await(*next);
  CHECK(next->secret == "broker0");
  CHECK(bench.broker(0).asked() == 2);
}

TEST_CASE("A caller who has left already is answered so") {
  Bench bench;
  std::stop_source leave;
  leave.request_stop();
  const auto answer = bench.Ask("kbs:///a/b/c", {.stop = leave.get_token()});
  Bench::Await(*answer);
  CHECK((absl::IsCancelled(answer->status) || answer->status.ok()));
}

TEST_CASE("A failure that passes is tried again, and the caller sees none") {
  Bench bench;
  bench.broker(0).FailNext(2);
  const auto answer = bench.Ask();
  Bench::Await(*answer);
  CHECK(answer->secret == "broker0");
  CHECK(bench.broker(0).asked() == 3);
}

TEST_CASE("What a broker denies is not asked of another") {
  Bench bench(2);
  bench.broker(0).Answer(absl::PermissionDeniedError("denied"));
  const auto answer = bench.Ask();
  Bench::Await(*answer);
  CHECK(absl::IsPermissionDenied(answer->status));
  CHECK(bench.broker(1).asked() == 0);
}

TEST_CASE("A broker that is down is replaced by the next") {
  Bench bench(2);
  bench.broker(0).FailNext(100);
  const auto answer = bench.Ask();
  Bench::Await(*answer);
  CHECK(answer->secret == "broker1");
}

TEST_CASE("A broker that stalls is hedged by the next, and its request is stopped") {
  Bench bench(2, {.hedge_after = absl::Milliseconds(20)});
  bench.broker(0).Stall(true);
  const auto answer = bench.Ask();
  Bench::Await(*answer);
  CHECK(answer->secret == "broker1");
  bench.broker(0).AwaitGivenUp(1);
}

TEST_CASE("A URI that names a broker is asked of no other") {
  Bench bench(2);
  const std::string word =
      GENERATE(as<std::string>{}, "broker1", "broker1.test", "broker1.test:8080");
  const auto answer = bench.Ask("kbs://" + word + "/a/b/c");
  Bench::Await(*answer);
  CHECK(answer->secret == "broker1");
  const auto unknown = bench.Ask("kbs://broker2/a/b/c");
  Bench::Await(*unknown);
  CHECK(base::GetReason(unknown->status) == base::Reason::kUnknownBroker);
}

TEST_CASE("A broker that stalls with every thread of its lane leaves the other one served") {
  Bench bench(2);
  bench.broker(0).Stall(true);
  for (int i = 0; i < 10; ++i) {
    bench.Ask("kbs://broker0/a/b/" + std::to_string(i));
  }
  const auto answer = bench.Ask("kbs://broker1/a/b/c");
  Bench::Await(*answer);
  CHECK(answer->secret == "broker1");
  bench.broker(0).Stall(false);
}

}  // namespace
}  // namespace attestd::agent
