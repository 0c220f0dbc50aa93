// SPDX-License-Identifier: Apache-2.0
#include "agent/slots.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace attestd::agent {
namespace {

TEST_CASE("Each lane lets so many run; the rest wait for their turn, in order") {
  Slots slots({.running = 2, .waiting = 10});
  std::vector<int> begun;
  for (int i = 0; i < 4; ++i) {
    CHECK(slots.Enter(1, [&begun, i] { begun.push_back(i); }));
  }
  CHECK(slots.Enter(2, [&begun] { begun.push_back(100); }));
  CHECK(begun == std::vector<int>{0, 1, 100});
  slots.Leave(1);
  CHECK(begun == std::vector<int>{0, 1, 100, 2});
  slots.Leave(1);
  CHECK(begun == std::vector<int>{0, 1, 100, 2, 3});
  slots.Leave(1);
  slots.Leave(1);
  slots.Leave(2);
  slots.Drain();
}

TEST_CASE("Too many who wait are told so and never begun") {
  Slots slots({.running = 1, .waiting = 1});
  int begun = 0;
  CHECK(slots.Enter(1, [&] { ++begun; }));
  CHECK(slots.Enter(1, [&] { ++begun; }));
  CHECK_FALSE(slots.Enter(1, [&] { begun += 100; }));
  slots.Leave(1);
  slots.Leave(1);
  CHECK(begun == 2);
}

TEST_CASE("Ten thousand that end at once use no more stack than one") {
  Slots slots({.running = 1, .waiting = 10000});
  int ended = 0;
  CHECK(slots.Enter(1, [] {}));
  for (int i = 0; i < 10000; ++i) {
    CHECK(slots.Enter(1, [&] {
      ++ended;
      slots.Leave(1);
    }));
  }
  slots.Leave(1);
  CHECK(ended == 10000);
}

TEST_CASE("Drain returns when the last has left, and not before") {
  Slots slots({.running = 1, .waiting = 1});
  CHECK(slots.Enter(1, [] {}));
  std::atomic<bool> left{false};
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    left = true;
    slots.Leave(1);
  });
  slots.Drain();
  CHECK(left);
  other.join();
}

}  // namespace
}  // namespace attestd::agent
