// SPDX-License-Identifier: Apache-2.0
#include "agent/coco_as_config.h"

#include <catch2/catch.hpp>
#include <string>

#include "agent/config.h"

namespace attestd::agent {
namespace {

absl::StatusOr<Config> Parse(const std::string& text) {
  return ParseConfig("[[kbs]]\nurl = \"https://kbs.example\"\n" + text, "test", {});
}

TEST_CASE("An attestation service is configured by its url") {
  CHECK(Parse("")->coco_as.url.empty());
  CHECK(Parse("[coco_as]\n")->coco_as.url.empty());
  const auto config = Parse(R"([coco_as]
url = "https://as.example:1/base//"
policies = ["one", "two"]
ca_file = "/ca.pem"
pins = ["sha256//x"]
client_cert_file = "/c.pem"
client_key_file = "/k.pem"
allow_loopback = true)");
  REQUIRE(config.ok());
  CHECK(config->coco_as.url == "https://as.example:1/base");
  CHECK(config->coco_as.policies == std::vector<std::string>{"one", "two"});
  CHECK(config->coco_as.ca_file == "/ca.pem");
  CHECK(config->coco_as.pins.size() == 1);
  CHECK(config->coco_as.client_key_file == "/k.pem");
  CHECK(config->coco_as.allow_loopback);
  CHECK_FALSE(config->coco_as.allow_http);
  CHECK(Parse("[coco_as]\nurl = \"http://as\"\nallow_http = true\n").ok());
}

TEST_CASE("An attestation service that could not be asked is refused") {
  const auto text =
      GENERATE(as<std::string>(), "url = \"http://as\"", "url = \"as.example\"", "url = \"\"",
               "ca_file = \"/ca.pem\"", "allow_http = true", "policies = [\"p\"]",
               "url = \"https://as\"\nclient_key_file = \"/k\"", "url = \"https://as\"\nother = 1");
  CAPTURE(text);
  const auto config = Parse("[coco_as]\n" + text + "\n");
  REQUIRE(absl::IsInvalidArgument(config.status()));
  CHECK_THAT(std::string(config.status().message()), Catch::Contains("[coco_as]"));
}

TEST_CASE("Keys of tokens leave a broker's client only where that is written") {
  CHECK_FALSE(Parse("")->brokers.front().export_tee_key);
  CHECK(Parse("export_tee_key = true\n")->brokers.front().export_tee_key);
  CHECK_FALSE(Parse("export_tee_key = \"yes\"\n").ok());
}

}  // namespace
}  // namespace attestd::agent
