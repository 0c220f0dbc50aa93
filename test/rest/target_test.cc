// SPDX-License-Identifier: Apache-2.0
#include "rest/target.h"

#include <array>
#include <catch2/catch.hpp>

namespace attestd::rest {
namespace {

TEST_CASE("A target is a path and a query") {
  const auto target = ParseTarget("/aa/token?token_type=kbs?x");
  REQUIRE(target.has_value());
  CHECK(target->path == "/aa/token");
  CHECK(target->query == "token_type=kbs?x");
  CHECK(target->has_query);
  CHECK(!ParseTarget("/info")->has_query);
  CHECK(ParseTarget("/info?")->has_query);
}

TEST_CASE("Another form of target, or another byte in it, is refused") {
  const std::string_view text =
      GENERATE("", "info", "*", "http://localhost/info", "localhost:80", "?a=b", "/in fo",
               "/info\t", "/info#part", "/inf\xc3\xb6", "/info\x7f", "/info\r\nHost: x");
  CHECK(!ParseTarget(text).has_value());
}

TEST_CASE("A path is decoded once, and only what needs no escape") {
  CHECK(DecodePath("app/key/main") == "app/key/main");
  CHECK(DecodePath("%61pp/k%65y/m%2Dn") == "app/key/m-n");
  // Twice would be "a".
  CHECK(!DecodePath("%2561").has_value());
  const std::string_view path = GENERATE("a%2Fb", "a%2fb", "%00", "a%3Fx", "%", "%4", "%4g", "a%",
                                         "%20", "%0a", "%80", "% 41", "%+1", "%%41");
  CHECK(!DecodePath(path).has_value());
}

std::optional<Parameters> Parse(std::string_view text) {
  constexpr std::array<std::string_view, 2> kKnown = {"one", "two"};
  const auto target = ParseTarget(text);
  return target.has_value() ? ParseParameters(*target, kKnown) : std::nullopt;
}

TEST_CASE("Parameters are decoded as forms are") {
  CHECK(Parse("/x") == Parameters());
  CHECK(Parse("/x?") == Parameters());
  CHECK(Parse("/x?one=a+b%2Bc%00d") == Parameters{{"one", std::string("a b+c\0d", 7)}});
  CHECK(Parse("/x?two=&one=a=b") == Parameters{{"one", "a=b"}, {"two", ""}});
}

TEST_CASE("Parameters that are unknown, repeated or malformed are refused") {
  const std::string_view text =
      GENERATE("/x?three=1", "/x?one=1&one=1", "/x?one", "/x?one=1&", "/x?&one=1", "/x?&", "/x?=1",
               "/x?one=%", "/x?one=%4", "/x?one=%zz", "/x?One=1", "/x?%6fne=1");
  CHECK(!Parse(text).has_value());
}

}  // namespace
}  // namespace attestd::rest
