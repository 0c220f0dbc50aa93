// SPDX-License-Identifier: Apache-2.0
#include "agent/status_table.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "proto/error_details.pb.h"

namespace attestd::agent {
namespace {

using base::Reason;

TEST_CASE("A caller reads a constant text and the request id, never the cause") {
  const absl::Status status = base::MakeStatus(absl::StatusCode::kUnauthenticated,
                                               Reason::kEvidenceRefused, "cause with a cookie");
  const auto [message, details] = MakePublicError(status, "ab-1");
  CHECK(message.find("the broker refused the evidence") != std::string::npos);
  CHECK(message.ends_with(" [request ab-1]"));
  CHECK((message + details).find("cookie") == std::string::npos);
}

std::string ReasonWord(const absl::Status& status) {
  rpc::Status details;
  rpc::ErrorInfo info;
  REQUIRE(details.ParseFromString(MakePublicError(status, "ab-1").details));
  REQUIRE(details.code() == status.raw_code());
  REQUIRE(details.details_size() == 1);
  REQUIRE(details.details(0).type_url() == "type.googleapis.com/google.rpc.ErrorInfo");
  REQUIRE(info.ParseFromString(details.details(0).value()));
  CHECK(info.domain() == "attestd");
  CHECK(info.metadata().at("request") == "ab-1");
  return info.reason();
}

TEST_CASE("A program reads a reason that stays the same") {
  CHECK(ReasonWord(base::MakeStatus(absl::StatusCode::kPermissionDenied, Reason::kAccessDenied,
                                    "cause")) == "ACCESS_DENIED");
  CHECK(ReasonWord(absl::InternalError("cause")) == "INTERNAL");
  CHECK(ReasonWord(absl::DeadlineExceededError("cause")) == "DEADLINE");
}

TEST_CASE("Every reason has a text and a word of its own, which the documentation has") {
  std::ifstream file(ATTESTD_SOURCE_DIR "/docs/errors.md");
  const std::string documented{std::istreambuf_iterator<char>(file), {}};
  std::set<std::string_view> texts;
  std::set<std::string> words;
  const int last = static_cast<int>(Reason::kDeadline);
  for (int reason = 0; reason <= last; ++reason) {
    const absl::Status status =
        base::MakeStatus(absl::StatusCode::kInternal, static_cast<Reason>(reason), "cause");
    texts.insert(PublicText(status));
    const std::string word = ReasonWord(status);
    CAPTURE(word);
    CHECK(documented.find("| `" + word + "` |") != std::string::npos);
    words.insert(word);
  }
  CHECK(texts.size() == static_cast<size_t>(last) + 1);
  CHECK(words.size() == texts.size());
  CHECK_FALSE(texts.contains("internal error"));
}

TEST_CASE("A status without a reason is told by its code alone") {
  CHECK(PublicText(absl::InternalError("leak")).find("leak") == std::string_view::npos);
  CHECK(PublicText(absl::DeadlineExceededError("x")).find("deadline") != std::string_view::npos);
}

TEST_CASE("Request ids differ") { CHECK(NewRequestId() != NewRequestId()); }

}  // namespace
}  // namespace attestd::agent
