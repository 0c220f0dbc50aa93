// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <catch2/catch.hpp>

namespace attestd::base {
namespace {

TEST_CASE("The deepest reason stays through annotation") {
  const absl::Status inner =
      MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUntrusted, "expired");
  const absl::Status outer = WithReason(Annotate(inner, "auth"), Reason::kBrokerUnreachable);
  CHECK(outer.code() == absl::StatusCode::kUnavailable);
  CHECK(std::string(outer.message()) == "auth: expired");
  CHECK(GetReason(outer) == Reason::kBrokerUntrusted);
}

TEST_CASE("A status without a reason, and one that is OK, have none") {
  CHECK_FALSE(GetReason(absl::InternalError("x")).has_value());
  CHECK_FALSE(GetReason(WithReason(absl::OkStatus(), Reason::kBusy)).has_value());
  CHECK(Annotate(absl::OkStatus(), "noun").ok());
}

}  // namespace
}  // namespace attestd::base
