// SPDX-License-Identifier: Apache-2.0
#include "base/deadline.h"

#include <catch2/catch.hpp>

namespace attestd::base {
namespace {

TEST_CASE("A deadline counts down and never below zero") {
  CHECK(Deadline::After(absl::Hours(1)).Remaining() <= absl::Hours(1));
  CHECK(Deadline::After(absl::Hours(1)).Remaining() > absl::Minutes(59));
  CHECK(Deadline::After(absl::ZeroDuration()).Expired());
  CHECK(Deadline::After(-absl::Hours(1)).Remaining() == absl::ZeroDuration());
  CHECK(Deadline::Infinite().Remaining() == absl::InfiniteDuration());
  CHECK(Deadline::After(-absl::InfiniteDuration()).Expired());
}

TEST_CASE("The earlier of two deadlines wins") {
  const Deadline soon = Deadline::After(absl::Seconds(1));
  const Deadline late = Deadline::After(absl::Hours(1));
  CHECK(Deadline::Earlier(soon, late).Remaining() <= absl::Seconds(1));
  CHECK(Deadline::Earlier(late, Deadline::Infinite()).Remaining() <= absl::Hours(1));
}

}  // namespace
}  // namespace attestd::base
