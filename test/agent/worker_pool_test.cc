// SPDX-License-Identifier: Apache-2.0
#include "agent/worker_pool.h"

#include <absl/synchronization/notification.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>

namespace attestd::agent {
namespace {

TEST_CASE("The pool runs everything it accepted, also while it is being destroyed") {
  std::atomic<int> done{0};
  {
    WorkerPool pool({.threads = 4, .threads_per_lane = 4, .waiting = 1000});
    for (int i = 0; i < 500; ++i) {
      REQUIRE(pool.Submit(i % 3, [&done] { ++done; }));
    }
  }
  CHECK(done == 500);
}

TEST_CASE("The pool never runs more at a time than it has threads") {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  {
    WorkerPool pool({.threads = 3, .threads_per_lane = 3, .waiting = 1000});
    for (int i = 0; i < 200; ++i) {
      REQUIRE(pool.Submit(i % 3, [&] {
        const int now = ++inside;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --inside;
      }));
    }
  }
  CHECK(most <= 3);
}

TEST_CASE("A full queue refuses work instead of growing") {
  absl::Notification started;
  absl::Notification go;
  WorkerPool pool({.threads = 1, .threads_per_lane = 1, .waiting = 2});
  REQUIRE(pool.Submit(0, [&] {
    started.Notify();
    go.WaitForNotification();
  }));
  started.WaitForNotification();
  CHECK(pool.Submit(0, [] {}));
  CHECK(pool.Submit(0, [] {}));
  CHECK_FALSE(pool.Submit(0, [] {}));
  go.Notify();
}

TEST_CASE("Work that hangs in one lane leaves threads to the others") {
  absl::Notification go;
  std::atomic<int> hanging{0};
  absl::Notification other;
  {
    WorkerPool pool({.threads = 3, .threads_per_lane = 2, .waiting = 100});
    for (int i = 0; i < 10; ++i) {
      REQUIRE(pool.Submit(1, [&] {
        ++hanging;
        go.WaitForNotification();
      }));
    }
    REQUIRE(pool.Submit(2, [&] { other.Notify(); }));
    CHECK(other.WaitForNotificationWithTimeout(absl::Seconds(20)));
    CHECK(hanging <= 2);
    go.Notify();
  }
  CHECK(hanging == 10);
}

}  // namespace
}  // namespace attestd::agent
