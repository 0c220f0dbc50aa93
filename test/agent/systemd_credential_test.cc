// SPDX-License-Identifier: Apache-2.0
#include "agent/systemd_credential.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "agent/config.h"
#include "base/toml_table.h"

namespace attestd::agent {
namespace {

std::string Address(const std::string& rest) { return std::string(1, '\0') + rest; }

TEST_CASE("What systemd asks for is read from its address") {
  struct Row {
    std::string address;
    SystemdName asked;
  };
  const auto row = GENERATE(
      Row{"c0ffee/unit/app.service/db-password", {"app.service", "db-password"}},
      Row{"0/unit/app@1.service/key", {"app@1.service", "key"}},
      Row{"ffffffffffffffff/unit/a-\\x2d.b@c:d.mount/a b", {"a-\\x2d.b@c:d.mount", "a b"}},
      Row{"1/unit/app.service/tree_with_folders", {"app.service", "tree_with_folders"}},
      Row{"1f/cryptsetup/data", {"", "data"}}, Row{"1f/cryptsetup/\xc3\xa4", {"", "\xc3\xa4"}},
      Row{"1f/cryptsetup/unit", {"", "unit"}});
  const auto asked = ParseSystemdAddress(Address(row.address));
  REQUIRE(asked.ok());
  CHECK(*asked == row.asked);
}

TEST_CASE("Any other address is refused") {
  const auto rest = GENERATE(
      as<std::string>(), "", "/", "1", "1/", "/unit/app.service/key", "g/unit/app.service/key",
      "C0/unit/app.service/key", "10000000000000000/unit/app.service/key", "1/unit/", "1/unit/a.b",
      "1/unit/a.b/", "1/unit//key", "1/unit/app/key", "1/unit/a.b/c/d", "1/unit/../key",
      "1/unit/a.b/..", "1/unit/a.b/c\nd", "1/unit/a.b/\x7f", "1/cryptsetup/", "1/cryptsetup/a/b",
      "1/cryptsetup/..", "1/cryptsetup-tpm2/data", "1/network/a.b/c", "1unit/a.b/c");
  CAPTURE(rest);
  CHECK(absl::IsInvalidArgument(ParseSystemdAddress(Address(rest)).status()));
  // The control: a zero byte in a name is no end of it.
  CHECK(!ParseSystemdAddress(Address("1/unit/a.b/c") + '\0').ok());
  // A path of the file system, and no name at all.
  CHECK(!ParseSystemdAddress("1/unit/a.b/c").ok());
  CHECK(!ParseSystemdAddress("").ok());
}

absl::StatusOr<SystemdCredential> Read(const std::string& text) {
  const auto table = base::ParseToml(text, "test");
  REQUIRE(table.ok());
  return ReadSystemdCredential(base::TomlTable(*table, "test", "[[systemd_credential]]"));
}

TEST_CASE("A credential is configured by unit and name, or by volume") {
  const auto unit = Read(R"(unit = "app.service"
name = "key"
uri = "kbs:///a/b/c"
wait = "2m")");
  REQUIRE(unit.ok());
  CHECK(unit->asked == SystemdName{"app.service", "key"});
  CHECK(unit->uri == "kbs:///a/b/c");
  CHECK(unit->wait == absl::Minutes(2));
  const auto volume = Read("volume = \"data\"\nuri = \"kbs:///a/b/c\"");
  REQUIRE(volume.ok());
  CHECK(volume->asked == SystemdName{"", "data"});
  CHECK(volume->wait == absl::Seconds(60));
}

TEST_CASE("A credential that systemd could never ask for is refused, with its key") {
  struct Row {
    std::string text;
    std::string says;
  };
  const std::string uri = "\nuri = \"kbs:///a/b/c\"";
  const std::string unit = "unit = \"a.service\"\n";
  const auto row = GENERATE_COPY(
      Row{uri, "unit: expected"}, Row{"unit = \"app\"\nname = \"key\"" + uri, "unit: expected"},
      Row{"unit = \"a/b.service\"\nname = \"key\"" + uri, "unit: expected"},
      Row{unit + uri, "name: expected"}, Row{unit + "name = \"a/b\"" + uri, "name: expected"},
      Row{unit + "name = \"" + std::string(76, 'n') + "\"" + uri, "84 bytes"},
      Row{unit + "volume = \"v\"" + uri, "volume: stands alone"},
      Row{"volume = \"a/b\"" + uri, "volume: expected"},
      Row{"volume = \"" + std::string(80, 'v') + "\"" + uri, "at most 79"},
      Row{"volume = \"v\"", "uri"}, Row{"volume = \"v\"\nuri = \"kbs:///a\"", "uri"},
      Row{"volume = \"v\"\nwait = \"soon\"" + uri, "wait: expected"},
      Row{"volume = \"v\"\nwait = \"2h\"" + uri, "wait: expected"},
      Row{"volume = \"v\"\nwait = \"-1s\"" + uri, "wait: expected"},
      Row{"volume = \"v\"\nmode = \"0600\"" + uri, "mode"});
  CAPTURE(row.text);
  const auto read = Read(row.text);
  REQUIRE(absl::IsInvalidArgument(read.status()));
  CHECK_THAT(std::string(read.status().message()), Catch::Contains(row.says));
  // The longest that fit.
  CHECK(Read(unit + "name = \"" + std::string(75, 'n') + "\"" + uri).ok());
  CHECK(Read("volume = \"" + std::string(79, 'v') + "\"" + uri).ok());
}

TEST_CASE("A unit finds its own credential before that of its template") {
  const std::vector<SystemdCredential> all = {{.asked = {"app@.service", "key"}, .uri = "template"},
                                              {.asked = {"app@1.service", "key"}, .uri = "one"},
                                              {.asked = {"b.c@.d.service", "key"}, .uri = "dots"},
                                              {.asked = {"", "key"}, .uri = "volume"}};
  const auto find = [&](const SystemdName& asked) -> std::string {
    const SystemdCredential* found = FindCredential(all, asked);
    return found != nullptr ? found->uri : "none";
  };
  CHECK(find({"app@1.service", "key"}) == "one");
  CHECK(find({"app@2.service", "key"}) == "template");
  CHECK(find({"app@a@b.service", "key"}) == "template");
  CHECK(find({"app@a.b.service", "key"}) == "template");
  CHECK(find({"app@2.socket", "key"}) == "none");
  CHECK(find({"app@2.service", "other"}) == "none");
  CHECK(find({"app.service", "key"}) == "none");
  CHECK(find({"a.b@c", "key"}) == "none");
  CHECK(find({"", "key"}) == "volume");
  CHECK(RefuseSameNames(all).ok());
  std::vector<SystemdCredential> twins = all;
  twins.push_back({.asked = {"", "key"}, .uri = "other"});
  CHECK(absl::IsInvalidArgument(RefuseSameNames(twins)));
}

TEST_CASE("Secrets for systemd need a socket of its own kind") {
  const std::string broker = "[[kbs]]\nurl = \"https://kbs.example\"\n";
  const std::string listener = "[[listener]]\npath = \"/run/c.sock\"\nprotocol = \"systemd\"\n";
  const std::string secret = "[[systemd_credential]]\nvolume = \"v\"\nuri = \"kbs:///a/b/c\"\n";
  const auto config = ParseConfig(broker + listener + secret, "test", {});
  REQUIRE(config.ok());
  CHECK(config->systemd.size() == 1);
  CHECK(config->listeners.front().service.protocol == Protocol::kSystemd);
  const auto bad = GENERATE_COPY(
      broker + secret, broker + listener + secret + secret,
      broker + "[[listener]]\naddress = \"127.0.0.1:1\"\nprotocol = \"systemd\"\n" + secret);
  CAPTURE(bad);
  CHECK(absl::IsInvalidArgument(ParseConfig(bad, "test", {}).status()));
}

}  // namespace
}  // namespace attestd::agent
