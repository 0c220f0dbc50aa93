// SPDX-License-Identifier: Apache-2.0
// tsan_control race|mutex|await|notification: two threads count together, without a lock or by one
// of Abseil's. The thread sanitizer has to report the first and none of the others.
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>

#include <cstdio>
#include <string_view>
#include <thread>

namespace {

constexpr int kRounds = 10'000;

struct Counter {
  absl::Mutex mutex;
  absl::Notification half;
  int count = 0;  // guarded as the mode says
};

void Count(Counter& counter) {
  for (int i = 0; i < kRounds; ++i) {
    ++counter.count;
  }
}

void CountLocked(Counter& counter) {
  for (int i = 0; i < kRounds; ++i) {
    const absl::MutexLock lock(&counter.mutex);
    ++counter.count;
  }
}

void CountAs(std::string_view mode, Counter& counter) {
  mode == "mutex" || mode == "await" ? CountLocked(counter) : Count(counter);
}

void Other(Counter& counter, std::string_view mode) {
  if (mode == "notification") {
    counter.half.WaitForNotification();
  }
  CountAs(mode, counter);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode != "race" && mode != "mutex" && mode != "await" && mode != "notification") {
    std::fputs("usage: tsan_control race|mutex|await|notification\n", stderr);
    return 2;
  }
  Counter counter;
  std::thread other([&] { Other(counter, mode); });
  if (mode == "await") {
    const auto done = [&counter] { return counter.count == kRounds; };
    const absl::MutexLock lock(&counter.mutex);
    counter.mutex.Await(absl::Condition(&done));
  }
  CountAs(mode, counter);
  if (mode == "notification") {
    counter.half.Notify();
  }
  other.join();
  return mode != "race" && counter.count != 2 * kRounds ? 1 : 0;
}
