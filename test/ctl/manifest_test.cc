// SPDX-License-Identifier: Apache-2.0
#include "ctl/manifest.h"

#include <catch2/catch.hpp>
#include <string>

namespace attestd::ctl {
namespace {

TEST_CASE("ParseManifest reads every key, and the defaults") {
  const auto entries = ParseManifest(R"(
[[secret]]
uri = "kbs:///a/b/c"
path = "/run//secrets/./x/../key"

[[secret]]
uri = "kbs+plugin://broker/x?y=z"
path = "/k"
mode = "0640"
owner = "app"
group = 4294967294
optional = true
mkdir = true
)",
                                     "m");
  REQUIRE(entries.ok());
  REQUIRE(entries->size() == 2);
  const ManifestEntry& plain = entries->at(0);
  CHECK(plain.uri == "kbs:///a/b/c");
  CHECK(plain.path == "/run/secrets/key");
  CHECK(plain.mode == 0400);
  CHECK(plain.owner.empty());
  CHECK(plain.group.empty());
  CHECK_FALSE(plain.optional);
  CHECK_FALSE(plain.mkdir);
  const ManifestEntry& full = entries->at(1);
  CHECK(full.uri == "kbs+plugin://broker/x?y=z");
  CHECK(full.mode == 0640);
  CHECK(full.owner == "app");
  CHECK(full.group == "4294967294");
  CHECK(full.optional);
  CHECK(full.mkdir);
}

TEST_CASE("ParseManifest refuses what means nothing, with the line") {
  const std::string good = "[[secret]]\nuri = \"kbs:///a/b/c\"\npath = \"/k\"\n";
  REQUIRE(ParseManifest(good, "m").ok());
  const auto [text, problem] = GENERATE_COPY(table<std::string, std::string>(
      {{"", "secret"},
       {"secret = []", "m:1"},
       {"secret = [1]", "tables"},
       {"[secret]\n", "tables"},
       {"x = 1\n" + good, "m:1: x: unknown key"},
       {good + "x = 1\n", "m:4: [[secret]] x: unknown key"},
       {good + "mode = \"0888\"\n", "m:4: [[secret]] mode"},
       {good + "mode = \"4755\"\n", "m:4: [[secret]] mode"},
       {good + "mode = \"\"\n", "m:4: [[secret]] mode"},
       {good + "mode = 0o440\n", "as text"},
       {good + "mode = 440\n", "as text"},
       {good + "owner = \"\"\n", "owner"},
       {good + "owner = -1\n", "owner"},
       {good + "owner = 4294967295\n", "owner"},
       {good + "owner = true\n", "owner"},
       {good + "group = \"a\\u0000\"\n", "group"},
       {good + "optional = 1\n", "optional"},
       {good + "mkdir = \"yes\"\n", "mkdir"},
       {good + good, "m:6: [[secret]] path: another entry"},
       {good + "[[secret]]\nuri = \"kbs:///a/b/d\"\npath = \"/x/../k\"\n", "another entry"},
       {"[[secret]]\nuri = \"kbs:///a/b/c\"\n", "path"},
       {"[[secret]]\npath = \"/k\"\n", "uri"},
       {"[[secret]]\nuri = \"http://a\"\npath = \"/k\"\n", "m:2: [[secret]] uri"},
       {"[[secret]]\nuri = \"kbs:///a b\"\npath = \"/k\"\n", "m:2: [[secret]] uri"},
       {"[[secret]]\nuri = \"kbs:///a/b/c\"\npath = \"k\"\n", "m:3: [[secret]] path"},
       {"[[secret]]\nuri = \"kbs:///a/b/c\"\npath = \"/k/\"\n", "directory"},
       {"[[secret]]\nuri = \"kbs:///a/b/c\"\npath = \"/k/..\"\n", "directory"},
       {"[[secret]]\nuri = \"kbs:///a/b/c\"\npath = \"/k\\u0000\"\n", "path"},
       {"not toml", "m:1"}}));
  CAPTURE(text);
  const auto entries = ParseManifest(text, "m");
  REQUIRE(absl::IsInvalidArgument(entries.status()));
  CHECK_THAT(std::string(entries.status().message()), Catch::Contains(problem));
}

TEST_CASE("a manifest has at most 256 entries") {
  std::string text;
  for (int i = 0; i < 256; ++i) {
    text += "[[secret]]\nuri = \"kbs:///a/b/c\"\npath = \"/k" + std::to_string(i) + "\"\n";
  }
  CHECK(ParseManifest(text, "m").ok());
  CHECK_FALSE(ParseManifest(text + "[[secret]]\n", "m").ok());
}

}  // namespace
}  // namespace attestd::ctl
