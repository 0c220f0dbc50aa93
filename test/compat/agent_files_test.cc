// SPDX-License-Identifier: Apache-2.0
#include "compat/agent_files.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

namespace attestd::compat {
namespace {

using Catch::Contains;

bool HasNote(const std::vector<std::string>& notes, const std::string& words) {
  return std::any_of(notes.begin(), notes.end(), [&](const std::string& note) {
    return note.find(words) != std::string::npos;
  });
}

constexpr const char* kAa = R"(
[token_configs]
[token_configs.coco_as]
url = "https://as.example"
[token_configs.kbs]
url = "https://kbs.example:8080"
cert = """
-----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----
"""
tee_key_algorithm = "ECDH-ES+A256KW-P521"
[eventlog_config]
init_pcr = 17
enable_eventlog = true
[log]
level = "debug"
)";

TEST_CASE("aa.toml is read, and what has no effect is said") {
  const auto config = ParseAaConfig({.path = "/x/aa.toml", .text = kAa});
  REQUIRE(config.ok());
  CHECK(config->kbc == KbcParams{.offline = false, .url = "https://kbs.example:8080"});
  CHECK_THAT(config->ca, Contains("BEGIN CERTIFICATE"));
  CHECK(config->tee_key == "P-521");
  CHECK(config->event_log == true);
  CHECK(config->pcr == 17);
  CHECK(config->notes.size() == 1);
  CHECK(config->coco_as == "https://as.example");
  CHECK(HasNote(config->notes, "/x/aa.toml: log: has no effect"));
}

TEST_CASE("A JSON file says the same as TOML") {
  const auto config =
      ParseAaConfig({.path = "/x/aa.json",
                     .text = R"({"token_configs":{"kbs":{"url":"https://kbs.example","cert":null}},
                   "eventlog_config":{"enable_eventlog":false,"init_pcr":11},"other":[1,"x",{}]})"});
  REQUIRE(config.ok());
  CHECK(config->kbc->url == "https://kbs.example");
  CHECK(config->event_log == false);
  CHECK(config->pcr == 11);
  CHECK(config->notes ==
        std::vector<std::string>{"/x/aa.json: other: is not known here and has no effect"});
  CHECK_FALSE(ParseAaConfig({.path = "/x/aa.json", .text = "[]"}).ok());
  CHECK_FALSE(ParseAaConfig({.path = "/x/aa.json", .text = R"({"a":1,"a":2})"}).ok());
}

TEST_CASE("Every unknown key of an upstream file is named") {
  const auto config = ParseAaConfig({.path = "aa.toml", .text = R"(
top = 1
[token_configs.other]
[token_configs.kbs]
uri = "https://kbs.example"
[eventlog_config]
eventlog_algorithm = "sha256"
)"});
  REQUIRE(config.ok());
  CHECK_FALSE(config->kbc.has_value());
  for (const auto* words :
       {"aa.toml: top: is not", "[token_configs] other: is not", "[token_configs.kbs] uri: is not",
        "[eventlog_config] eventlog_algorithm: is not"}) {
    INFO(words);
    CHECK(HasNote(config->notes, words));
  }
}

TEST_CASE("What aa.toml cannot have is an error that names line and key") {
  const auto [text, words] = GENERATE(table<const char*, const char*>({
      {"[token_configs.kbs]\nurl = 7", "aa.toml:2: [token_configs.kbs] url"},
      {"token_configs = 1", "aa.toml:1: token_configs"},
      {"[token_configs.kbs]\ntee_key_algorithm = \"ML-KEM-768+A192KW\"", "tee_key_algorithm"},
      {"[eventlog_config]\nenable_eventlog = \"yes\"", "enable_eventlog"},
      {"a = \n", "aa.toml:1"},
  }));
  const auto config = ParseAaConfig({.path = "aa.toml", .text = text});
  REQUIRE(absl::IsInvalidArgument(config.status()));
  CHECK_THAT(std::string(config.status().message()), Contains(words));
}

TEST_CASE("Formats that are not read are refused by name") {
  const auto* path = GENERATE("/x/aa.yaml", "/x/aa.yml", "/x/aa.ini", "/x/aa.ron");
  const auto config = ParseAaConfig({.path = path, .text = ""});
  REQUIRE_FALSE(config.ok());
  CHECK_THAT(std::string(config.status().message()), Contains("convert the file"));
}

TEST_CASE("cdh.toml is read, and what has no effect is said") {
  const auto config = ParseCdhConfig({.path = "cdh.toml", .text = R"(
socket = "unix:///run/confidential-containers/cdh.sock"
skip_sealed_secret_verification = true
credentials = [ { path = "/run/confidential-containers/cdh/kbs/a", resource_uri = "kbs:///a/b/c" } ]
[aa]
aa_socket = "unix:///x"
[kbc]
name = "cc_kbc"
url = "https://kbs.example"
kbs_cert = "PEM"
[image]
max_concurrent_layer_downloads_per_image = 3
)"});
  REQUIRE(config.ok());
  CHECK(config->socket == "unix:///run/confidential-containers/cdh.sock");
  CHECK(config->kbc->url == "https://kbs.example");
  CHECK(config->ca == "PEM");
  CHECK(config->credentials ==
        std::vector<Credential>{
            {.uri = "kbs:///a/b/c", .path = "/run/confidential-containers/cdh/kbs/a"}});
  CHECK(config->skip_signatures == true);
  CHECK(config->notes.size() == 2);
  for (const auto* words : {"cdh.toml: aa:", "cdh.toml: image:"}) {
    CHECK(HasNote(config->notes, words));
  }
}

TEST_CASE("What cdh.toml cannot have is an error that names the key") {
  const auto [text, words] = GENERATE(table<const char*, const char*>({
      {"[kbc]\nurl = \"https://a\"", "[kbc] name"},
      {"[kbc]\nname = \"eaa_kbc\"", "[kbc] name"},
      {"[[credentials]]\npath = \"/run/confidential-containers/cdh/kbs/a\"", "resource_uri"},
      {"[[credentials]]\nresource_uri = \"kbs:///a/b/c\"\npath = \"/etc/x\"", "path"},
      {"credentials = 1", "credentials"},
  }));
  const auto config = ParseCdhConfig({.path = "cdh.toml", .text = text});
  REQUIRE(absl::IsInvalidArgument(config.status()));
  CHECK_THAT(std::string(config.status().message()), Contains(words));
}

TEST_CASE("cc_kbc without a url leaves the url to another source") {
  const auto config = ParseCdhConfig({.path = "cdh.toml", .text = "[kbc]\nname = \"cc_kbc\"\n"});
  REQUIRE(config.ok());
  CHECK_FALSE(config->kbc.has_value());
}

TEST_CASE("Files come out of the init data") {
  const std::string text =
      "version = \"0.1.0\"\nalgorithm = \"sha256\"\n[data]\n\"aa.toml\" = '''\n# gr\xc3\xbc\n'''\n";
  CHECK(*FileOfInitData(text, "aa.toml") == "# gr??\n");
  CHECK(FileOfInitData(text, "cdh.toml")->empty());
  CHECK(FileOfInitData("version = \"0.1.0\"\n", "aa.toml")->empty());
  CHECK_FALSE(FileOfInitData("data = 1\n", "aa.toml").ok());
  CHECK_FALSE(FileOfInitData("[data]\n\"aa.toml\" = 1\n", "aa.toml").ok());
}

}  // namespace
}  // namespace attestd::compat
