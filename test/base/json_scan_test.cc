// SPDX-License-Identifier: Apache-2.0
#include "base/json_scan.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json.h"

namespace attestd::base {
namespace {

using std::string_literals::operator""s;

TEST_CASE("Members and elements are pieces of the text") {
  const std::string text = R"( { "a" : "x y" , "b":[1, {"c":2} ,"]"],"n": null ,"e":"\"}" } )";
  const auto members = ScanObject(text);
  REQUIRE(members.ok());
  REQUIRE(members->size() == 4);
  CHECK(ScanText(*FindScanned(*members, "a")).value() == "x y");
  CHECK(*FindScanned(*members, "n") == "null");
  CHECK_FALSE(FindScanned(*members, "c").ok());
  const auto elements = ScanArray(*FindScanned(*members, "b"));
  REQUIRE(elements.ok());
  CHECK(*elements == std::vector<std::string_view>{"1", R"({"c":2})", R"("]")"});
  CHECK((*elements)[0].data() > text.data());
  CHECK((*elements)[0].data() < text.data() + text.size());
  CHECK_FALSE(ScanText(*FindScanned(*members, "e")).ok());
  CHECK(ScanObject("{}")->empty());
  CHECK(ScanArray(" [ ] ")->empty());
  CHECK(ScanText(R"("")")->empty());
}

TEST_CASE("Values are JSON where the JSON library says so") {
  for (const char* value : {"0",
                            "-0",
                            "1.5e+7",
                            "1E-2",
                            "12",
                            "true",
                            "false",
                            "null",
                            R"("")",
                            R"("\u00e9\/\n")",
                            "[]",
                            "[[],{}]",
                            R"({"a":[1,2]})",
                            "\"\xc3\xa9\"",
                            "01",
                            "-",
                            "+1",
                            ".5",
                            "1.",
                            "1e",
                            "1e+",
                            "tru",
                            "True",
                            "nul",
                            R"("\x")",
                            R"("\u12g4")",
                            R"("\u123)",
                            "\"a\nb\"",
                            "\"a\tb\"",
                            "\"",
                            "[1,]",
                            "[,1]",
                            "[1 2]",
                            "{,}",
                            R"({"a"})",
                            R"({"a":})",
                            R"({"a":1,})",
                            R"({a:1})",
                            R"({1:1})",
                            "[}",
                            "{]",
                            "",
                            " ",
                            "NaN",
                            "0x1",
                            "'a'",
                            "[1]]",
                            "/**/1",
                            "\v1"}) {
    const std::string object = R"({"v":)" + std::string(value) + "}";
    const std::string array = "[" + std::string(value) + "]";
    CAPTURE(value);
    CHECK(ScanObject(object).ok() == Json::accept(object));
    CHECK((ScanArray(array).ok() == Json::accept(array)));
  }
}

TEST_CASE("What is no object, or not alone, is refused") {
  const std::string text =
      GENERATE(""s, "[]"s, "1"s, "{"s, "}"s, "{}x"s, "{}{}"s, "x{}"s, "{\"a\":1"s,
               "\xef\xbb\xbf{}"s, "{\"a\":1}\0"s, "{\"a\":1 \"b\":2}"s, "{\"a\":1,,\"b\":2}"s);
  CAPTURE(text);
  CHECK(absl::IsInvalidArgument(ScanObject(text).status()));
  CHECK(ScanArray(text).ok() == (text == "[]"));
}

TEST_CASE("A member twice, an escape in a name and too many members are refused") {
  CHECK_FALSE(ScanObject(R"({"a":1,"a":2})").ok());
  CHECK_FALSE(ScanObject(R"({"a":1,"\u0061":2})").ok());
  const auto many = [](int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) {
      text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
    }
    return text + "}";
  };
  CHECK(ScanObject(many(64)).ok());
  CHECK_FALSE(ScanObject(many(65)).ok());
  const auto elements = [](size_t count) {
    std::string text = "[0";
    for (size_t i = 1; i < count; ++i) {
      text += ",0";
    }
    return text + "]";
  };
  CHECK(ScanArray(elements(64)).ok());
  CHECK_FALSE(ScanArray(elements(65)).ok());
}

TEST_CASE("Nesting has an end") {
  const auto nested = [](size_t depth) {
    return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK(ScanObject(nested(32)).ok());
  CHECK_FALSE(ScanObject(nested(33)).ok());
  CHECK_FALSE(ScanObject(nested(1000000)).ok());
}

}  // namespace
}  // namespace attestd::base
