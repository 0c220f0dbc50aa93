// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/kbs_message.h"

#include <catch2/catch.hpp>

namespace attestd::dev_kbs {
namespace {

TEST_CASE("A cookie is found among others and by its whole name") {
  CHECK(FindCookie("kbs-session-id=ab", "kbs-session-id") == "ab");
  CHECK(FindCookie("a=1; kbs-session-id=ab; b=2", "kbs-session-id") == "ab");
  CHECK(FindCookie("a=1;kbs-session-id=ab", "kbs-session-id") == "ab");
  CHECK(FindCookie("xkbs-session-id=1; kbs-session-id2=3", "kbs-session-id").empty());
  CHECK(FindCookie("kbs-session-id", "kbs-session-id").empty());
  CHECK(FindCookie(";;  ; ", "kbs-session-id").empty());
  CHECK(FindCookie("", "kbs-session-id").empty());
}

TEST_CASE("A refusal is a JSON body of type and detail, and keeps its cause for the log") {
  const KbsAnswer answer = Refuse(CurrentProtocol().errors.denied, "", "cause");
  CHECK(answer.status == 401);
  CHECK(answer.body ==
        R"({"detail":"Access denied by policy",)"
        R"("type":"https://github.com/confidential-containers/kbs/errors/PolicyDeny"})");
  CHECK(answer.refusal == "cause");
}

}  // namespace
}  // namespace attestd::dev_kbs
