// SPDX-License-Identifier: Apache-2.0
#include "ctl/exit_code.h"

#include <catch2/catch.hpp>
#include <utility>

namespace attestd::ctl {
namespace {

TEST_CASE("ExitCode gives every status code its documented number") {
  using Code = absl::StatusCode;
  const auto [code, number] = GENERATE(table<Code, int>({{Code::kOk, 0},
                                                         {Code::kUnknown, 1},
                                                         {Code::kInternal, 1},
                                                         {Code::kUnimplemented, 1},
                                                         {Code::kCancelled, 1},
                                                         {Code::kAborted, 1},
                                                         {Code::kDataLoss, 1},
                                                         {Code::kAlreadyExists, 1},
                                                         {Code::kOutOfRange, 1},
                                                         {Code::kInvalidArgument, 2},
                                                         {Code::kPermissionDenied, 3},
                                                         {Code::kUnauthenticated, 3},
                                                         {Code::kNotFound, 4},
                                                         {Code::kUnavailable, 5},
                                                         {Code::kFailedPrecondition, 5},
                                                         {Code::kResourceExhausted, 5},
                                                         {Code::kDeadlineExceeded, 6}}));
  CHECK(static_cast<int>(ExitCodeFor(absl::Status(code, "text"))) == number);
}

TEST_CASE("ErrorLine is one line whatever the message holds") {
  CHECK(ErrorLine(absl::InternalError("get-resource: refused")) ==
        "attestctl: get-resource: refused\n");
  CHECK(ErrorLine(absl::InternalError("a\nb\r\tc\x1b[2J\x7f\n\n")) ==
        "attestctl: a b  c\\x1b[2J\\x7f\n");
  CHECK(ErrorLine(absl::InternalError("\xc2\x9b\xff")) == "attestctl: \\xc2\\x9b\\xff\n");
}

}  // namespace
}  // namespace attestd::ctl
