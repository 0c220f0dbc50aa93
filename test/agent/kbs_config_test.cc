// SPDX-License-Identifier: Apache-2.0
#include "agent/kbs_config.h"

#include <catch2/catch.hpp>
#include <string>

#include "agent/config.h"

namespace attestd::agent {
namespace {

absl::StatusOr<Config> Parse(const std::string& text) {
  return ParseConfig("[tee]\n" + text, "config.toml", {});
}

TEST_CASE("A broker has everything that networks need") {
  const auto config = Parse(R"([failover]
hedge_after = "200ms"
[[kbs]]
name = "main"
url = "https://kbs.example:8080/prefix/"
priority = 1
ca_file = "/etc/attestd/ca.pem"
pins = ["sha256//AAAA", "sha256//BBBB"]
client_cert_file = "/etc/attestd/cert.pem"
client_key_file = "/etc/attestd/key.pem"
proxy = "http://proxy.example:3128"
proxy_ca_file = "/etc/attestd/proxy.pem"
proxy_credentials_file = "/etc/attestd/proxy.txt"
allow_loopback = true
protocol_versions = ["0.4.0", "0.1.1"]
tee_key = "P-521"
credential = "bearer"
[[kbs]]
name = "second"
url = "https://kbs2.example"
passport_from = "main"
[[kbs]]
name = "files"
kind = "offline_fs"
files = ["/etc/a.json"]
)");
  INFO(config.status().ToString());
  REQUIRE(config.ok());
  CHECK(config->failover.hedge_after == absl::Milliseconds(200));
  const BrokerConfig& main = config->brokers[0];
  CHECK(main.url == "https://kbs.example:8080/prefix");
  CHECK(main.priority == 1);
  CHECK(main.pins.size() == 2);
  CHECK(main.proxy == "http://proxy.example:3128");
  CHECK(main.allow_loopback);
  CHECK(main.protocols == std::vector{kbs::Protocol::k040, kbs::Protocol::k011});
  CHECK(main.tee_key == kbs::TeeKeyKind::kEcP521);
  CHECK(main.bearer);
  CHECK(config->brokers[1].passport_from == "main");
  CHECK(config->brokers[1].protocols == std::vector{kbs::Protocol::k040, kbs::Protocol::k020});
  CHECK(config->brokers[2].kind == BrokerConfig::Kind::kOfflineFs);
  CHECK(config->failover == FailoverConfig{.hedge_after = absl::Milliseconds(200)});
}

TEST_CASE("Without a word nothing is hedged") {
  const auto config = Parse("[[kbs]]\nurl = \"https://h\"\n");
  REQUIRE(config.ok());
  CHECK(config->failover.hedge_after == absl::InfiniteDuration());
}

TEST_CASE("What makes no sense is refused, naming line, key and what to write") {
  struct Row {
    std::string text;
    std::string words;
  };
  const std::string kbs = "[[kbs]]\nurl = \"https://h\"\n";
  const auto row = GENERATE_COPY(
      Row{kbs + "priority = -1\n", "priority: expected a number from 0 to 1000"},
      Row{kbs + "protocol_versions = []\n", "protocol_versions: names no version"},
      Row{kbs + "protocol_versions = [\"0.3.0\"]\n", "\"0.4.0\", \"0.2.0\" and \"0.1.1\""},
      Row{kbs + "tee_key = \"P-384\"\n", R"(choose one of "P-256", "P-521", "RSA-2048")"},
      Row{kbs + "credential = \"jar\"\n", R"(choose one of "cookie", "bearer")"},
      Row{kbs + "ca_file = \"\"\n", "ca_file: must not be empty"},
      Row{kbs + "client_cert_file = \"/c\"\n", "goes together with client_key_file"},
      Row{kbs + "proxy_ca_file = \"/c\"\n", "proxy: is missing"},
      Row{kbs + "passport_from = \"default\"\n", "no other [[kbs]] that attests by itself"},
      Row{kbs + "passport_from = \"nobody\"\n", "no other [[kbs]] that attests by itself"},
      Row{kbs + "kind = \"vault\"\n", R"(choose one of "kbs", "offline_fs")"},
      Row{"[[kbs]]\nkind = \"offline_fs\"\n", "files: is missing"},
      Row{"[[kbs]]\nkind = \"offline_fs\"\nfiles = [\"/f\"]\nurl = \"https://h\"\n", "url"},
      Row{"[failover]\nhedge_after = \"0s\"\n" + kbs, "a duration from 1ms to 60s"},
      Row{"[failover]\nhedge_after = \"soon\"\n" + kbs, "a duration from 1ms to 60s"},
      Row{"[failover]\nhedge = \"1s\"\n" + kbs, "hedge"});
  const auto config = Parse(row.text);
  CHECK(absl::IsInvalidArgument(config.status()));
  const std::string message(config.status().message());
  CAPTURE(message);
  CHECK(message.find(row.words) != std::string::npos);
  CHECK(message.starts_with("config.toml"));
}

}  // namespace
}  // namespace attestd::agent
