// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/flat_json.h"

namespace attestd::base {
namespace {

std::string Canonical(std::string_view text) {
  const auto value = ParseJson(text);
  REQUIRE(value.ok());
  const auto canonical = CanonicalJson(*value);
  return canonical.ok() ? *canonical : "error";
}

TEST_CASE("ParseJson refuses what RFC 8259 or our limits forbid") {
  const std::string_view text =
      GENERATE("", "{", "{}x", "{} {}", "\xef\xbb\xbf{}", "{\"a\":1,\"a\":2}", "[NaN]", "[1e400]",
               "\"\xff\"", "\"\\ud800\"", "{'a':1}", "[1,]", "01");
  CHECK_FALSE(ParseJson(text).ok());
}

TEST_CASE("ParseJson takes a zero byte for what it is, not for the end of the text") {
  const std::string text = GENERATE(as<std::string>(), std::string("{}\0", 3),
                                    std::string("{}\0x", 4), std::string("\0{}", 3));
  CHECK_FALSE(ParseJson(text).ok());
}

TEST_CASE("ParseJson bounds depth and the number of elements") {
  CHECK(ParseJson(std::string(32, '[') + std::string(32, ']')).ok());
  CHECK_FALSE(ParseJson(std::string(33, '[') + std::string(33, ']')).ok());
  CHECK_FALSE(ParseJson(std::string(100000, '[')).ok());
  std::string many = "[0";
  for (int i = 0; i < 20001; ++i) {
    many += ",0";
  }
  CHECK_FALSE(ParseJson(many + "]").ok());
}

TEST_CASE("ParseJson's error never quotes the input") {
  const auto status = ParseJson("{\"key\": hunter2}").status();
  CHECK(std::string(status.message()).find("hunter2") == std::string::npos);
}

TEST_CASE("GetString names the key that is missing or of another type") {
  const Json object = {{"n", 1}};
  CHECK(std::string(GetString(object, "name").status().message()).find("\"name\"") !=
        std::string::npos);
  CHECK_FALSE(GetString(object, "n").ok());
  CHECK_FALSE(GetString(Json::array(), "n").ok());
}

TEST_CASE("Canonical JSON gives the RFC 8785 examples") {
  CHECK(Canonical(R"({"b":1, "a":"test", "c":{"d":"e"}})") ==
        R"({"a":"test","b":1,"c":{"d":"e"}})");
  // Section 3.2.2: literals, numbers and strings.
  CHECK(Canonical(R"({"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],)"
                  R"("string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",)"
                  R"("literals":[null,true,false]})") ==
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
        "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  // Section 3.2.3: order by UTF-16 code units, where U+1F600 comes before U+FB33.
  CHECK(
      Canonical(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})") ==
      "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001f600\":5,\"\ufb33\":3}");
}

TEST_CASE("Canonical JSON writes numbers as ECMAScript does") {
  struct Row {
    std::string_view in, out;
  };
  const auto row = GENERATE(
      Row{"[-0.0]", "[0]"}, Row{"[1e21]", "[1e+21]"}, Row{"[1e20]", "[100000000000000000000]"},
      Row{"[1e-6]", "[0.000001]"}, Row{"[1e-7]", "[1e-7]"}, Row{"[-1.5e300]", "[-1.5e+300]"},
      Row{"[5e-324]", "[5e-324]"}, Row{"[123456.789]", "[123456.789]"},
      Row{"[9007199254740991]", "[9007199254740991]"}, Row{"[9007199254740993]", "error"},
      Row{"[-9007199254740993]", "error"});
  CHECK(Canonical(row.in) == row.out);
}

TEST_CASE("A flat object of plain texts is read as the parser reads it, without a copy") {
  const std::string text = GENERATE(as<std::string>{}, R"({"a":"1"})", R"({"a":"","b":"x y"})",
                                    " {\t\"a\" :\r\n\"1\" , \"b\":\"2\" } ");
  const auto members = ReadFlatObject(text);
  REQUIRE(members.has_value());
  const Json json = *ParseJson(text);
  CHECK(json.size() == members->size());
  for (const auto& [name, value] : *members) {
    CHECK(**FindString(json, name) == value);
    CHECK(value.data() >= text.data());
    CHECK(value.data() <= text.data() + text.size());
  }
}

TEST_CASE("What is no flat object of plain texts is left to the parser") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "{", "{}", "[]", "null", R"({"a":1})", R"({"a":"1"}x)",
               R"({"a":"1"} {)", R"({"a":"1",})", R"({"a":"1" "b":"2"})", R"({"a":"1","a":"2"})",
               R"({"a":"\u0031"})", R"({"a":"b\"c"})", "{\"a\":\"\xc3\xa4\"}", "{\"a\":\"\n\"}",
               R"({"a":"1)", R"({"a)", R"({"a":{"b":"c"}})", R"({'a':'1'})",
               R"({"1":"","2":"","3":"","4":"","5":"","6":"","7":"","8":"","9":""})");
  CHECK_FALSE(ReadFlatObject(text).has_value());
}

}  // namespace
}  // namespace attestd::base
