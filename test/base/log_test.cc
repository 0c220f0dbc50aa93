// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <catch2/catch.hpp>

namespace attestd::base {
namespace {

TEST_CASE("A log line carries the journal's priority and its fields") {
  CHECK(FormatLogLine(Severity::kWarning, "request failed", {{"rpc", "GetToken"}, {"n", "1"}}) ==
        "<4>request failed rpc=GetToken n=1\n");
  CHECK(FormatLogLine(Severity::kInfo, "x", {{"cause", "two words"}, {"none", ""}}) ==
        "<6>x cause=\"two words\" none=\"\"\n");
}

TEST_CASE("A value cannot start a line or a field of its own") {
  CHECK(FormatLogLine(Severity::kInfo, "m", {{"k", "a\n<0>forged"}}) == "<6>m k=a\\x0a<0>forged\n");
  CHECK(FormatLogLine(Severity::kInfo, "m", {{"k", "a\" b=\"c"}}) == "<6>m k=\"a\\\" b=\\\"c\"\n");
}

}  // namespace
}  // namespace attestd::base
