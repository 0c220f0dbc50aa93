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
    WorkerPool pool(4, 1000);
    for (int i = 0; i < 500; ++i) {
      REQUIRE(pool.Submit([&done] { ++done; }));
    }
  }
  CHECK(done == 500);
}

TEST_CASE("The pool never runs more at a time than it has threads") {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  {
    WorkerPool pool(3, 1000);
    for (int i = 0; i < 200; ++i) {
      REQUIRE(pool.Submit([&] {
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
  WorkerPool pool(1, 2);
  REQUIRE(pool.Submit([&] {
    started.Notify();
    go.WaitForNotification();
  }));
  started.WaitForNotification();
  CHECK(pool.Submit([] {}));
  CHECK(pool.Submit([] {}));
  CHECK_FALSE(pool.Submit([] {}));
  go.Notify();
}

}  // namespace
}  // namespace attestd::agent
