// SPDX-License-Identifier: Apache-2.0
#include "base/alarm.h"

#include <absl/synchronization/notification.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>

namespace attestd::base {
namespace {

TEST_CASE("An alarm runs its work when it is due, the earlier one first") {
  Alarm alarm;
  std::atomic<int> order{0};
  int late = 0;
  int soon = 0;
  absl::Notification done;
  const Deadline begun = Deadline::After(absl::Milliseconds(40));
  alarm.At(begun, [&] {
    late = ++order;
    done.Notify();
  });
  alarm.At(Deadline::After(absl::Milliseconds(5)), [&] { soon = ++order; });
  REQUIRE(done.WaitForNotificationWithTimeout(absl::Seconds(20)));
  CHECK(begun.Expired());
  CHECK(soon == 1);
  CHECK(late == 2);
}

TEST_CASE("What was cancelled does not run, and what it held is let go of") {
  Alarm alarm;
  const auto held = std::make_shared<int>(1);
  const Alarm::Id id = alarm.At(Deadline::After(absl::Hours(1)), [held] { FAIL("it ran"); });
  CHECK(held.use_count() == 2);
  alarm.Cancel(id);
  CHECK(held.use_count() == 1);
  alarm.Cancel(id);
  alarm.Cancel(0);
}

TEST_CASE("An alarm that goes away drops what was not due") {
  const auto held = std::make_shared<int>(1);
  {
    Alarm alarm;
    alarm.At(Deadline::After(absl::Hours(1)), [held] { FAIL("it ran"); });
  }
  CHECK(held.use_count() == 1);
}

}  // namespace
}  // namespace attestd::base
