// SPDX-License-Identifier: Apache-2.0
#include "agent/status_table.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace attestd::agent {
namespace {

using base::Reason;

TEST_CASE("A caller reads a constant text and the request id, never the cause") {
  const absl::Status status = base::MakeStatus(absl::StatusCode::kUnauthenticated,
                                               Reason::kEvidenceRefused, "cause with a cookie");
  const std::string message = PublicMessage(status, "ab-1");
  CHECK(message.find("the broker refused the evidence") != std::string::npos);
  CHECK(message.ends_with(" [request ab-1]"));
  CHECK(message.find("cookie") == std::string::npos);
}

TEST_CASE("Every reason has a text of its own") {
  std::set<std::string_view> texts;
  const int last = static_cast<int>(Reason::kDeadline);
  for (int reason = 0; reason <= last; ++reason) {
    texts.insert(PublicText(
        base::MakeStatus(absl::StatusCode::kInternal, static_cast<Reason>(reason), "cause")));
  }
  CHECK(texts.size() == static_cast<size_t>(last) + 1);
  CHECK_FALSE(texts.contains("internal error"));
}

TEST_CASE("A status without a reason is told by its code alone") {
  CHECK(PublicText(absl::InternalError("leak")).find("leak") == std::string_view::npos);
  CHECK(PublicText(absl::DeadlineExceededError("x")).find("deadline") != std::string_view::npos);
}

TEST_CASE("Request ids differ") { CHECK(NewRequestId() != NewRequestId()); }

}  // namespace
}  // namespace attestd::agent
