// SPDX-License-Identifier: Apache-2.0
#include "compat/coco_as.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "agent/config.h"

namespace attestd::compat {
namespace {

std::string UrlOf(const Translation& translation) {
  const auto config =
      agent::ParseConfig(translation.config, "translated", std::vector<tee::Backend>());
  INFO(config.status().message());
  REQUIRE(config.ok());
  return config->coco_as.url;
}

bool HasNote(const Translation& translation, const std::string& words) {
  return std::any_of(
      translation.notes.begin(), translation.notes.end(),
      [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

Document AaToml(const std::string& url) {
  return {.path = "/x/aa.toml",
          .text =
              "[token_configs.kbs]\nurl = \"https://kbs.example\"\n"
              "[token_configs.coco_as]\nurl = \"" +
              url + "\"\n"};
}

TEST_CASE("attestation-agent's attestation service is asked for its tokens") {
  const Document file = AaToml("https://as.example/");
  CHECK(UrlOf(Translate({.config = file}).value()) == "https://as.example");
  const Document ours = {.path = "/d.toml", .text = "[coco_as]\nurl = \"https://ours\"\n"};
  const Translation both = Translate({.config = file, .base = ours}).value();
  CHECK(UrlOf(both) == "https://ours");
  CHECK(HasNote(both, "[coco_as] of dropin.toml counts"));
  CHECK(UrlOf(Translate({.program = Program::kConfidentialDataHub}).value()).empty());
  const Document wrong = {.path = "/d.toml", .text = "coco_as = 1\n"};
  CHECK(absl::IsInvalidArgument(Translate({.config = file, .base = wrong}).status()));
}

TEST_CASE("An attestation service over http is asked when that is allowed, and else never") {
  const Document file = AaToml("http://as.example");
  const Translation refused = Translate({.config = file}).value();
  CHECK(UrlOf(refused).empty());
  CHECK(HasNote(refused, "/x/aa.toml: [token_configs.coco_as] url: has no effect"));
  const Document allowed = {.path = "/d.toml", .text = "[coco_as]\nallow_http = true\n"};
  CHECK(UrlOf(Translate({.config = file, .base = allowed}).value()) == "http://as.example");
}

}  // namespace
}  // namespace attestd::compat
