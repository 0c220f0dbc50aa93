// SPDX-License-Identifier: Apache-2.0
#include "agent/watchdog.h"

#include <catch2/catch.hpp>
#include <deque>

namespace attestd::agent {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(5);

// A part that answers at once, later, or never.
class Part {
 public:
  enum class Mood { kAnswers, kKeepsSilent, kCannotBeAsked };

  Vital Get(absl::Duration patience) {
    return {.name = "part", .patience = patience, .ask = [this](std::function<void()> answer) {
              const base::MonitorLock lock(monitor_);
              ++asked_;
              if (mood_ == Mood::kAnswers) {
                answer();
              } else if (mood_ == Mood::kKeepsSilent) {
                owed_.push_back(std::move(answer));
              }
              return mood_ != Mood::kCannotBeAsked;
            }};
  }
  void Become(Mood mood) {
    const base::MonitorLock lock(monitor_);
    mood_ = mood;
    for (const std::function<void()>& answer :
         mood == Mood::kAnswers ? owed_ : std::deque<std::function<void()>>()) {
      answer();
    }
  }
  int asked() {
    const base::MonitorLock lock(monitor_);
    return asked_;
  }

 private:
  base::Monitor monitor_;
  Mood mood_ ABSL_GUARDED_BY(monitor_) = Mood::kAnswers;
  std::deque<std::function<void()>> owed_ ABSL_GUARDED_BY(monitor_);
  int asked_ ABSL_GUARDED_BY(monitor_) = 0;
};

// Counts signs of life.
class Listener {
 public:
  void Alive() {
    const base::MonitorLock lock(monitor_);
    ++count_;
    monitor_.NotifyAll();
  }
  bool Hears(int more) {
    const base::MonitorLock lock(monitor_);
    const int until = count_ + more;
    return monitor_.Await(base::Deadline::After(absl::Seconds(20)),
                          [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return count_ >= until; });
  }
  // Whether so long nothing is heard, once it has become silent at all.
  bool FallsSilent(absl::Duration how_long) {
    const base::Deadline deadline = base::Deadline::After(absl::Seconds(20));
    const base::MonitorLock lock(monitor_);
    while (!deadline.Expired()) {
      const int before = count_;
      if (!monitor_.Await(base::Deadline::After(how_long),
                          [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return count_ > before; })) {
        return true;
      }
    }
    return false;
  }

 private:
  base::Monitor monitor_;
  int count_ ABSL_GUARDED_BY(monitor_) = 0;
};

TEST_CASE("Watchdog: signs of life come while every part answers") {
  Part one;
  Part other;
  Listener listener;
  const Watchdog watchdog(kInterval, {one.Get(absl::Seconds(20)), other.Get(absl::Seconds(20))},
                          [&] { listener.Alive(); });
  CHECK(listener.Hears(5));
  CHECK(one.asked() > 1);
  CHECK(other.asked() > 1);
}

TEST_CASE("Watchdog: one part that hangs stops them, and they come again when it goes on") {
  const auto mood = GENERATE(Part::Mood::kKeepsSilent, Part::Mood::kCannotBeAsked);
  Part good;
  Part bad;
  Listener listener;
  const Watchdog watchdog(kInterval, {good.Get(absl::Seconds(20)), bad.Get(kInterval)},
                          [&] { listener.Alive(); });
  REQUIRE(listener.Hears(2));
  bad.Become(mood);
  CHECK(listener.FallsSilent(absl::Milliseconds(300)));
  bad.Become(Part::Mood::kAnswers);
  CHECK(listener.Hears(2));
}

TEST_CASE("Watchdog: a part within its patience does not stop them, and is asked once") {
  Part slow;
  slow.Become(Part::Mood::kKeepsSilent);
  Listener listener;
  const Watchdog watchdog(kInterval, {slow.Get(absl::Minutes(10))}, [&] { listener.Alive(); });
  CHECK(listener.Hears(10));
  CHECK(slow.asked() == 1);
}

TEST_CASE("Watchdog: an answer that comes after its end is of no consequence") {
  Part slow;
  slow.Become(Part::Mood::kKeepsSilent);
  Listener listener;
  {
    const Watchdog watchdog(kInterval, {slow.Get(absl::Minutes(10))}, [&] { listener.Alive(); });
    REQUIRE(listener.Hears(1));
  }
  slow.Become(Part::Mood::kAnswers);
  CHECK(slow.asked() <= 1);
}

}  // namespace
}  // namespace attestd::agent
