// SPDX-License-Identifier: Apache-2.0
#include "ctl/template.h"

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/toml_table.h"

namespace attestd::ctl {
namespace {

constexpr char kUri[] = "kbs:///default/db/password";

absl::StatusOr<std::string> Render(const std::string& text, const std::string& secret) {
  ASSIGN_OR_RETURN(const auto pieces, ParseTemplate(text, "t"));
  ASSIGN_OR_RETURN(const base::Secret rendered, RenderTemplate(pieces, [&](const std::string& uri) {
                     CHECK(uri == kUri);
                     return base::AsBytes(secret);
                   }));
  return std::string(base::AsText(rendered.view()));
}

TEST_CASE("a template without places is copied byte for byte") {
  const std::string text = GENERATE(std::string(), std::string("}} { } \\{ %s\n"),
                                    std::string("\0\xff\r\n{", 5), std::string(1 << 20, 'x'));
  const auto rendered = Render(text, "unused");
  REQUIRE(rendered.ok());
  CHECK((*rendered == text));
}

TEST_CASE("RenderTemplate puts secrets into their places") {
  const auto [text, secret, wanted] = GENERATE(table<std::string, std::string, std::string>(
      {{"a={{ kbs:///default/db/password }};", "s3cr\"et\n", "a=s3cr\"et\n;"},
       {"{{kbs:///default/db/password}}{{kbs:///default/db/password}}", "ab", "abab"},
       {"{{\tkbs:///default/db/password\t|\ttrim\t}}", "ab\r\n\n", "ab"},
       {"{{kbs:///default/db/password|trim}}", "\n \n", "\n "},
       {"{{kbs:///default/db/password|trim}}", "\n\r", ""},
       {"{{ kbs:///default/db/password | base64 }}", "", ""},
       {"{{ kbs:///default/db/password | base64 }}", "a", "YQ=="},
       {"{{ kbs:///default/db/password | trim | base64 }}", "ab\n", "YWI="},
       {"{{ kbs:///default/db/password | json }}", "a\"\\\n\r\t\x01\x7f/",
        R"("a\"\\\n\r\t\u0001\u007f/")"},
       {"{{ kbs:///default/db/password | trim | toml }}", "\n", R"("")"},
       {"{{ kbs:///default/db/password | yaml }}", "\xc2\x85\xe2\x80\xa8\xc3\xa9",
        "\"\\u0085\\u2028\xc3\xa9\""},
       {R"({{ "{{" }} x }} {{"{{"}})", "unused", "{{ x }} {{"}}));
  CAPTURE(text);
  const auto rendered = Render(text, secret);
  REQUIRE(rendered.ok());
  CHECK(*rendered == wanted);
}

TEST_CASE("what base64 writes reads back as the secret") {
  std::string secret;
  for (int size = 0; size < 70; ++size) {
    const auto rendered = Render("{{ kbs:///default/db/password | base64 }}", secret);
    REQUIRE(rendered.ok());
    CHECK(*rendered == base::Base64Encode(base::AsBytes(secret)));
    secret.push_back(static_cast<char>(size * 37));
  }
}

// One character of every kind, up to the last of Unicode.
std::string Everything() {
  std::string text;
  for (int c = 0; c < 0x80; ++c) {
    text.push_back(static_cast<char>(c));
  }
  for (const char* c : {"\xc2\x80", "\xc2\x9f", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80",
                        "\xe2\x80\xa9", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbb\xbf",
                        "\xef\xbf\xbe", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    text += c;
  }
  return text;
}

TEST_CASE("what json writes any JSON parser reads back as the secret") {
  const std::string secret = Everything();
  const auto rendered = Render(R"({"k": {{ kbs:///default/db/password | json }}})", secret);
  REQUIRE(rendered.ok());
  CHECK(nlohmann::json::parse(*rendered)["k"] == secret);
}

TEST_CASE("what toml writes a TOML parser reads back as the secret") {
  // base::ParseToml takes ASCII only, which is what is escaped here.
  std::string secret = Everything().substr(0, 0x80);
  const auto rendered = Render("k = {{ kbs:///default/db/password | toml }}\n", secret);
  REQUIRE(rendered.ok());
  const auto table = base::ParseToml(*rendered, "t");
  REQUIRE(table.ok());
  CHECK(table->get("k")->as_string()->get() == secret);
}

TEST_CASE("a secret that is not UTF-8 is refused where a string is wanted, and is not quoted") {
  const std::string bad =
      GENERATE("\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
               "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x80", "\xff");
  const auto rendered = Render("\n{{ kbs:///default/db/password | json }}", "seen" + bad);
  REQUIRE(absl::IsInvalidArgument(rendered.status()));
  const std::string message(rendered.status().message());
  CHECK(message == "line 2, kbs:///default/db/password: the secret is not UTF-8; use base64");
  CHECK(Render("{{ kbs:///default/db/password | base64 }}", bad).ok());
}

TEST_CASE("ParseTemplate refuses what it does not know, with line and column") {
  const auto [text, where] = GENERATE(table<std::string, std::string>(
      {{"{{", "t:1:3: expected kbs:"},
       {"a\nb {{ }}", "t:2:6: expected kbs:"},
       {"{{{ kbs:///a/b/c }}", "t:1:3: expected kbs:"},
       {"{{ http://x/y }}", "t:1:4: expected kbs:"},
       {"{{ \"}}\" }}", "t:1:4: expected kbs:"},
       {"{{ kbs:///a/b/c", "t:1:16: expected }}"},
       {"{{ kbs:///a/b/c }", "t:1:17: expected }}"},
       {"{{ kbs:///a/b/c\n}}", "t:1:16: expected }}"},
       {"{{ kbs:///a/b/c kbs:///a/b/d }}", "t:1:17: expected }}"},
       {"{{ kbs:///a/b/c | }}", "t:1:19: expected trim"},
       {"{{ kbs:///a/b/c | upper }}", "t:1:19: expected trim"},
       {"{{ kbs:///a/b/c | json | base64 }}", "t:1:26: expected trim"},
       {"{{ kbs:///a/b/c | json | trim }}", "t:1:26: expected trim"},
       {"{{ kbs:///a/b/c | trim | trim }}", "t:1:26: expected trim"},
       {"{{ \"{{\" | trim }}", "t:1:9: expected }}"}}));
  CAPTURE(text);
  const auto pieces = ParseTemplate(text, "t");
  REQUIRE(absl::IsInvalidArgument(pieces.status()));
  CHECK_THAT(std::string(pieces.status().message()), Catch::StartsWith(where));
}

TEST_CASE("templates and what comes of them are bounded") {
  CHECK_FALSE(ParseTemplate(std::string(kMaxTemplate + 1, 'x'), "t").ok());
  std::string many;
  for (size_t i = 0; i <= kMaxPlaces; ++i) {
    many += "{{kbs:///default/db/password}}";
  }
  CHECK_FALSE(ParseTemplate(many, "t").ok());
  many.erase(0, std::string("{{kbs:///default/db/password}}").size());
  CHECK(Render(many, "s").ok());
  const std::string large(size_t{8} << 20, 's');
  CHECK(Render("{{kbs:///default/db/password}}{{kbs:///default/db/password}}", large).ok());
  CHECK(absl::IsInvalidArgument(
      Render("x{{kbs:///default/db/password}}{{kbs:///default/db/password}}", large).status()));
}

}  // namespace
}  // namespace attestd::ctl
