// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/faults.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "test/dev_kbs/fault_script.h"

namespace attestd::dev_kbs {
namespace {

std::vector<FaultRule> Parse(const std::string& text) {
  const auto rules = ParseFaults(text);
  REQUIRE(rules.ok());
  return *rules;
}

std::string Refusal(const std::string& text) {
  return std::string(ParseFaults(text).status().message());
}

TEST_CASE("Every fault that is documented is read with its arguments") {
  const std::string line = GENERATE(
      as<std::string>{}, "reset-before", "reset-headers", "reset-body", "half-close",
      "stall-before", "stall-headers", "drip 1", "delay 5", "status 503", "redirect 302 https://x/",
      "status 503 Retry-After: 999999999", "truncate 0", "length-lie +1", "length-lie -1",
      "length-duplicate", "length-negative", "chunked-endless", "te-duplicate", "gzip-bomb",
      "http09", "headers 1000", "big-header 100000", "body", "body 00ff", "body /a/file",
      "cookie none", "cookie x", "json-set /nonce \"\"", "json-bomb depth", "token none-alg",
      "jwe-header zip DEF", "jwe-protected {", "jwe-set iv AA", "jwe-flip tag 7", "jwe-other-key",
      "jwe-epk with-d", "jwe-wrap cek-length", "repeat-nonce", "repeat-answer");
  CAPTURE(line);
  CHECK(Parse("any 1 " + line).size() == 1);
}

TEST_CASE("The last argument of a JSON fault is the rest of the line") {
  const auto rules = Parse("auth 1 json-set /extra-params {\"selected-hash-algorithm\": \"md5\"}");
  CHECK(rules[0].fault.args ==
        std::vector<std::string>{"/extra-params", "{\"selected-hash-algorithm\": \"md5\"}"});
  CHECK(Parse("auth 1 json-set /nonce \"\"")[0].fault.args[1] == "\"\"");
  CHECK(Parse("any 1 status 503 Retry-After: 1")[0].fault.args[1] == "Retry-After: 1");
}

TEST_CASE("Blank lines and comments are passed over, and lines counted with them") {
  CHECK(Parse("").empty());
  CHECK(Parse("\n# auth 1 nonsense\n   \n").empty());
  CHECK(Parse("  auth 1 http09  \r\n\nattest 2+ http09").size() == 2);
  CHECK(Refusal("\n#\nauth 1 nonsense\n") == "line 3: unknown fault \"nonsense\"");
}

TEST_CASE("A line that is not understood is refused with its number and word") {
  struct Bad {
    const char* line;
    const char* message;
  };
  const auto bad = GENERATE(values<Bad>({
      {"auth 1", "line 1: unknown fault \"\""},
      {"login 1 http09", "line 1: unknown endpoint \"login\""},
      {"auth", "line 1: \"\" is not N, N+ or always"},
      {"auth 0 http09", "line 1: \"0\" is not N, N+ or always"},
      {"auth -1 http09", "line 1: \"-1\" is not N, N+ or always"},
      {"auth 1- http09", "line 1: \"1-\" is not N, N+ or always"},
      {"auth never http09", "line 1: \"never\" is not N, N+ or always"},
      {"auth 1 http09 now", "line 1: \"http09\" does not take \"now\""},
      {"auth 1 drip", "line 1: \"drip\" does not take \"\""},
      {"auth 1 drip fast", "line 1: \"drip\" does not take \"fast\""},
      {"auth 1 drip 99999999999", "line 1: \"drip\" does not take \"99999999999\""},
      {"auth 1 length-lie 1", "line 1: \"length-lie\" does not take \"1\""},
      {"auth 1 body xyz", "line 1: \"body\" does not take \"xyz\""},
      {"auth 1 json-set nonce \"\"", "line 1: \"json-set\" does not take \"nonce\""},
      {"auth 1 json-set /nonce {", "line 1: \"json-set\" does not take \"{\""},
      {"auth 1 json-set /nonce", "line 1: \"json-set\" does not take \"\""},
      {"auth 1 json-bomb atom", "line 1: \"json-bomb\" does not take \"atom\""},
      {"auth 1 status 503 soon", "line 1: \"status\" does not take \"soon\""},
      {"resource 1 jwe-epk", "line 1: \"jwe-epk\" does not take \"\""},
      {"resource 1 jwe-epk off-curve|infinity",
       "line 1: \"jwe-epk\" does not take \"off-curve|infinity\""},
      {"accept 1 http09", "line 1: \"http09\" needs a request, and accept has none"},
  }));
  CHECK(Refusal(bad.line) == bad.message);
}

TEST_CASE("A rule is met by the requests of its endpoint that it counts") {
  FaultScript script;
  CHECK(script.Load("auth 2 http09\nany 3+ reset-body\nattest always half-close\n").value() == 3);
  const auto met = [&script](Endpoint endpoint) {
    std::string words;
    for (const FaultRule& rule : script.Meet(endpoint)) {
      words += rule.fault.word + " ";
    }
    return words;
  };
  CHECK(met(Endpoint::kAuth).empty());
  CHECK(met(Endpoint::kAccept).empty());
  CHECK(met(Endpoint::kAttest) == "half-close ");
  CHECK(met(Endpoint::kAuth) == "http09 reset-body ");
  CHECK(met(Endpoint::kAuth) == "reset-body ");
  CHECK(met(Endpoint::kResource) == "reset-body ");
  CHECK(met(Endpoint::kAttest) == "reset-body half-close ");
}

TEST_CASE("New rules count from zero, and refused ones leave the old in force") {
  FaultScript script;
  CHECK(script.Load("auth 1 http09").value() == 1);
  CHECK(script.Meet(Endpoint::kAuth).size() == 1);
  CHECK(script.Meet(Endpoint::kAuth).empty());
  CHECK(script.Load("auth 1 http09").value() == 1);
  CHECK_FALSE(script.Load("auth 1 nonsense").ok());
  CHECK(script.Meet(Endpoint::kAuth).size() == 1);
  CHECK(script.Load("").value() == 0);
  CHECK(script.Meet(Endpoint::kAuth).empty());
}

}  // namespace
}  // namespace attestd::dev_kbs
