// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/session_keeper.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <new>
#include <thread>
#include <vector>

#include "base/monitor.h"

namespace attestd::kbs {
namespace {

base::CallContext For(absl::Duration time) { return {.deadline = base::Deadline::After(time)}; }
base::CallContext Long() { return For(absl::Seconds(20)); }

Session NewSession(absl::Duration life) {
  return {.key = *TeeKey::Generate(),
          .cookie = *base::Secret::Copy(base::AsBytes("cookie")),
          .token = *base::Secret::Copy(base::AsBytes("token")),
          .expiry = base::Deadline::After(life)};
}

// Handshakes that wait until they are told to go on, or are stopped.
class Gate {
 public:
  absl::StatusOr<Session> Handshake(const base::CallContext& context) {
    const std::stop_callback on_stop(context.stop, [this] {
      const base::MonitorLock lock(monitor_);
      stopped_ = true;
      monitor_.NotifyAll();
    });
    const base::MonitorLock lock(monitor_);
    ++begun_;
    monitor_.NotifyAll();
    monitor_.Await(context.deadline, [this] { return open_ || stopped_; });
    if (stopped_ && !open_) {
      stopped_ = false;
      ++cut_;
      monitor_.NotifyAll();
      return absl::CancelledError("stopped");
    }
    return NewSession(absl::Milliseconds(life_ms.load()));
  }
  void Open() {
    const base::MonitorLock lock(monitor_);
    open_ = true;
    monitor_.NotifyAll();
  }
  void AwaitBegun(int count) {
    const base::MonitorLock lock(monitor_);
    REQUIRE(
        monitor_.Await(base::Deadline::After(absl::Seconds(20)), [&] { return begun_ >= count; }));
  }
  void AwaitCut(int count) {
    const base::MonitorLock lock(monitor_);
    REQUIRE(
        monitor_.Await(base::Deadline::After(absl::Seconds(20)), [&] { return cut_ >= count; }));
  }
  int begun() {
    const base::MonitorLock lock(monitor_);
    return begun_;
  }

  std::atomic<int> life_ms = 300000;

 private:
  base::Monitor monitor_;
  bool open_ = false;
  bool stopped_ = false;
  int begun_ = 0;
  int cut_ = 0;
};

struct Bench {
  Gate gate;
  SessionKeeper keeper{[this](const base::CallContext& context) { return gate.Handshake(context); },
                       [] { return 0.5; }};
};

TEST_CASE("A thousand cold callers share one handshake") {
  Bench bench;
  std::vector<std::thread> callers;
  std::atomic<int> served{0};
  callers.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    callers.emplace_back([&] { served += bench.keeper.Wait(Long()).ok() ? 1 : 0; });
  }
  bench.gate.AwaitBegun(1);
  bench.gate.Open();
  for (std::thread& caller : callers) {
    caller.join();
  }
  CHECK(served == 1000);
  CHECK(bench.gate.begun() == 1);
}

TEST_CASE("The first caller's time runs out, and the handshake goes on for the others") {
  Bench bench;
  absl::Status first;
  std::thread impatient([&] { first = bench.keeper.Wait(For(absl::Milliseconds(30))).status(); });
  bench.gate.AwaitBegun(1);
  std::atomic<bool> served{false};
  std::thread patient([&] { served = bench.keeper.Wait(Long()).ok(); });
  impatient.join();
  CHECK(absl::IsDeadlineExceeded(first));
  bench.gate.Open();
  patient.join();
  CHECK(served);
  CHECK(bench.gate.begun() == 1);
}

TEST_CASE("A handshake that nobody waits for any more is stopped, and the next begins anew") {
  Bench bench;
  std::stop_source leave;
  absl::Status left;
  std::thread caller([&] {
    left =
        bench.keeper
            .Wait({.deadline = base::Deadline::After(absl::Seconds(20)), .stop = leave.get_token()})
            .status();
  });
  bench.gate.AwaitBegun(1);
  leave.request_stop();
  caller.join();
  CHECK(absl::IsCancelled(left));
  bench.gate.AwaitCut(1);
  bench.gate.Open();
  CHECK(bench.keeper.Wait(Long()).ok());
  CHECK(bench.gate.begun() == 2);
}

TEST_CASE("A caller who has left already begins nothing that goes on") {
  Bench bench;
  std::stop_source leave;
  leave.request_stop();
  CHECK(absl::IsCancelled(
      bench.keeper.Wait({.deadline = base::Deadline::Infinite(), .stop = leave.get_token()})
          .status()));
  bench.gate.Open();
  CHECK(bench.keeper.Wait(Long()).ok());
}

TEST_CASE("A session that is told lost is replaced once, whoever tells it") {
  Bench bench;
  bench.gate.Open();
  const auto lost = *bench.keeper.Wait(Long());
  std::vector<std::thread> callers;
  std::atomic<int> fresh{0};
  callers.reserve(16);
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] { fresh += *bench.keeper.Wait(Long(), lost.get()) != lost ? 1 : 0; });
  }
  for (std::thread& caller : callers) {
    caller.join();
  }
  CHECK(fresh == 16);
  CHECK(bench.gate.begun() == 2);
}

TEST_CASE("A session in use is renewed late in its life, and nobody waits for it") {
  Bench bench;
  bench.gate.Open();
  bench.gate.life_ms = 400;
  const auto old = *bench.keeper.Wait(Long());
  bench.gate.life_ms = 300000;
  const base::Deadline end = base::Deadline::After(absl::Seconds(20));
  auto now = old;
  while (now == old && !end.Expired()) {
    now = *bench.keeper.Wait(Long());
    std::this_thread::yield();
  }
  CHECK(now != old);
  CHECK_FALSE(old->expiry.Expired());  // renewed ahead of it
  CHECK(bench.gate.begun() == 2);
}

TEST_CASE("A session that nobody uses is not renewed") {
  Bench bench;
  bench.gate.Open();
  bench.gate.life_ms = 50;
  const auto old = *bench.keeper.Wait(Long());
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  CHECK(old->expiry.Expired());
  CHECK(bench.keeper.Live() == nullptr);
  CHECK(bench.gate.begun() == 1);
}

TEST_CASE("A session that has expired is let go of, though nobody asks") {
  Bench bench;
  bench.gate.life_ms = 50;
  bench.gate.Open();
  std::weak_ptr<const Session> seen = bench.keeper.Wait(Long()).value();
  const base::Deadline deadline = base::Deadline::After(absl::Seconds(20));
  while (!seen.expired() && !deadline.Expired()) {
    std::this_thread::yield();
  }
  CHECK(seen.expired());
  CHECK(bench.gate.begun() == 1);
  CHECK(bench.keeper.Wait(Long()).ok());
  CHECK(bench.gate.begun() == 2);
}

TEST_CASE("What a library throws is an error of the handshake") {
  SessionKeeper keeper(
      [](const base::CallContext&) -> absl::StatusOr<Session> { throw std::bad_alloc(); },
      [] { return 0.5; });
  CHECK_FALSE(keeper.Wait(Long()).ok());
}

}  // namespace
}  // namespace attestd::kbs
