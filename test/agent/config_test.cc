// SPDX-License-Identifier: Apache-2.0
#include "agent/config.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace attestd::agent {
namespace {

std::vector<tee::Backend> Backends() {
  tee::Backend real{.name = "real",
                    .settings = {{.name = "device"},
                                 {.name = "handle", .kind = tee::SettingSpec::Kind::kInteger}}};
  real.validate = [](const tee::Settings& settings) {
    return settings.contains("handle") && std::get<int64_t>(settings.at("handle")) < 0
               ? absl::InvalidArgumentError("handle: must not be negative")
               : absl::OkStatus();
  };
  return {real, tee::Backend{.name = "sample", .fake = true, .settings = {}}};
}

absl::StatusOr<Config> Parse(const std::string& text) {
  return ParseConfig(text, "config.toml", Backends());
}

constexpr std::string_view kBroker = "[[kbs]]\nurl = \"https://kbs.example\"\n";

TEST_CASE("The smallest configuration names a broker; the rest has defaults") {
  const auto config = Parse("  # Schlüssel, 密钥\r\n" + std::string(kBroker));
  REQUIRE(config.ok());
  CHECK(config->tee.backend == "auto");
  CHECK_FALSE(config->tee.allow_sample);
  CHECK(config->brokers.at(0).name == "default");
  CHECK(config->listeners.at(0).path == "/run/attestd/attestd.sock");
  CHECK(config->listeners.at(0).mode == 0600);
  CHECK(config->listeners.at(0).service.protocol == Protocol::kAuto);
}

TEST_CASE("Every key of the configuration is read") {
  const auto config = Parse(R"(
[tee]
backend = "sample"
allow_sample = true
[real]
device = "/dev/x"
handle = 0x81010002
[init_data]
file = "/run/initdata"
required = true
[unseal]
key_folder = "/run/signers"
signers = ["kbs:///keys/signer/1", "file"]
[secure_mount]
enabled = true
mount_roots = ["/srv", "/mnt/x"]
key_folder = "/run/volume-keys"
[key_provider]
wrap = true
key_folder = "/run/keys"
[[credential]]
uri = "kbs:///a/b/c"
path = "/run/keys/a"
[[kbs]]
name = "main"
url = "http://127.0.0.1:8080/"
ca_file = "/etc/ca.pem"
allow_http = true
[[kbs]]
name = "other"
url = "https://kbs.example"
[[listener]]
path = "/run/a.sock"
mode = "0660"
protocol = "ttrpc"
allow = ["*"]
[[listener]]
path = "/run/b.sock"
mode = 0o644
protocol = "grpc"
rights = ["evidence", "token"]
[[listener]]
path = "/run/c.sock"
protocol = "auto"
[[listener]]
address = "127.0.0.1:50000"
rights = ["unwrap"]
allow = ["*"]
[[listener]]
systemd_socket = "rest"
protocol = "rest"
features = "all"
rights = ["token"]
)");
  REQUIRE(config.ok());
  CHECK(config->tee.backend == "sample");
  CHECK(std::get<std::string>(config->backend_settings.at("real").at("device")) == "/dev/x");
  CHECK(std::get<int64_t>(config->backend_settings.at("real").at("handle")) == 0x81010002);
  CHECK(config->init_data.file == "/run/initdata");
  CHECK(config->init_data.required);
  CHECK_FALSE(config->unseal.skip_signatures);
  CHECK(config->unseal.key_folder == "/run/signers");
  CHECK(config->unseal.signers == std::vector<std::string>{"kbs:///keys/signer/1", "file"});
  CHECK(config->secure_mount.enabled);
  CHECK(config->secure_mount.mount_roots == std::vector<std::string>{"/srv", "/mnt/x"});
  CHECK(config->secure_mount.key_folder == "/run/volume-keys");
  CHECK(config->key_provider.wrap);
  CHECK(config->key_provider.key_folder == "/run/keys");
  CHECK(config->credentials.at(0).uri == "kbs:///a/b/c");
  CHECK(config->credentials.at(0).path == "/run/keys/a");
  CHECK(config->brokers.at(0).url == "http://127.0.0.1:8080");
  CHECK(config->brokers.at(0).ca_file == "/etc/ca.pem");
  CHECK(config->brokers.at(1).name == "other");
  CHECK(config->listeners.at(0).mode == 0660);
  CHECK(config->listeners.at(1).mode == 0644);
  CHECK(config->listeners.at(0).service.protocol == Protocol::kTtrpc);
  CHECK(config->listeners.at(1).service.protocol == Protocol::kGrpc);
  CHECK(config->listeners.at(2).service.protocol == Protocol::kAuto);
  CHECK(config->listeners.at(3).address == "127.0.0.1:50000");
  CHECK(config->listeners.at(3).path.empty());
  CHECK(config->listeners.at(4).systemd_socket == "rest");
  CHECK(config->listeners.at(4).service.protocol == Protocol::kRest);
  CHECK(config->listeners.at(4).service.features == "all");
}

TEST_CASE("A listener says who may connect to it, and what those may do") {
  const auto config = Parse(R"([[kbs]]
url = "https://a"
[[listener]]
path = "/run/a.sock"
mode = "0660"
protocol = "ttrpc"
principal = "app1"
owner = "root:app1"
allow_uids = [1000, 0]
allow_cgroups = ["/kubepods.slice/*"]
allow = ["kbs:///app1/*", "kbs+x://*/y"]
[[listener]]
address = "127.0.0.1:50000"
rights = ["evidence", "token"]
[[listener]]
path = "/run/b.sock"
[[rule]]
principal = "app1"
rights = ["unwrap", "unseal"]
allow = ["kbs:///keys/app1/*"]
[limits]
connections = 9
requests = 8
reply_bytes = 7
requests_per_second = 6
burst = 5
idle_seconds = 4
[audit]
file = "/var/log/attestd.audit"
)");
  REQUIRE(config.ok());
  const AccessConfig& app1 = config->listeners.at(0).access;
  CHECK(app1.principal == "app1");
  CHECK(config->listeners.at(0).owner == "root:app1");
  CHECK(app1.uids == std::vector<uid_t>{1000, 0});
  CHECK(app1.cgroups == std::vector<std::string>{"/kubepods.slice/*"});
  CHECK(app1.rights == policy::Rights{policy::Right::kResource});
  CHECK(app1.allow.at(1).text() == "kbs+x://*/y");
  CHECK(config->listeners.at(0).allow_silent);
  CHECK_FALSE(config->listeners.at(1).allow_silent);
  CHECK(config->listeners.at(1).access.principal == "127.0.0.1:50000");
  CHECK(config->listeners.at(1).access.rights ==
        policy::Rights{policy::Right::kEvidence, policy::Right::kToken});
  // Root's own socket.
  CHECK(config->listeners.at(2).access.rights == policy::AllRights());
  CHECK(config->listeners.at(2).access.uids == std::vector<uid_t>{0, ::geteuid()});
  CHECK(config->rules.at(0).principal == "app1");
  CHECK(config->limits.connections == 9);
  CHECK(config->limits.requests == 8);
  CHECK(config->limits.reply_bytes == 7);
  CHECK(config->limits.requests_per_second == 6);
  CHECK(config->limits.burst == 5);
  CHECK(config->limits.idle_seconds == 4);
  CHECK(config->audit.file == "/var/log/attestd.audit");
}

TEST_CASE("A mistake in who may do what is named with its key and what to write") {
  struct Row {
    std::string text;
    std::string where;
    std::string what;
  };
  const std::string app = "[[kbs]]\nurl = \"https://a\"\n[[listener]]\nprincipal = \"app\"\n";
  const std::string token = "rights = [\"token\"]\n";
  const Row row = GENERATE_COPY(
      Row{app, "/run/attestd/attestd.sock", "rights"},
      Row{"[[kbs]]\nurl = \"https://a\"\n[[listener]]\nprincipal = \"api-server-rest:all\"\n" +
              token,
          "[[listener]] principal", "api-server-rest:"},
      Row{app + "mode = \"0666\"\n", "rights", "kbs:///app1/*"},
      Row{app + "rights = [\"all\"]\n", "[[listener]] rights", "unwrap"},
      Row{app + "rights = [\"resource\"]\n", "[[listener]] allow", "kbs:///app1/*"},
      Row{app + token + "allow = [\"*\"]\n", "[[listener]] allow", "unseal"},
      Row{app + "allow = [\"kbs:///a\"]\n", "[[listener]] allow", "kbs:///app1/*"},
      Row{app + token + "allow_uids = []\n", "[[listener]] allow_uids", "1000"},
      Row{app + token + "allow_uids = [-1]\n", "[[listener]] allow_uids", "1000"},
      Row{app + token + "allow_uids = [\"root\"]\n", "[[listener]] allow_uids", "1000"},
      Row{app + token + "address = \"127.0.0.1:1\"\nallow_uids = [1]\n", "[[listener]] allow_uids",
          "give a path"},
      Row{app + token + "address = \"127.0.0.1:1\"\nowner = \"a\"\n", "[[listener]] owner", "path"},
      Row{app + token + "protocol = \"systemd\"\n", "[[listener]] protocol",
          "[[systemd_credential]]"},
      Row{app + token + "[[listener]]\npath = \"/b\"\nprincipal = \"app\"\n" + token, "app",
          "[[rule]]"},
      Row{app + token + "[[rule]]\nprincipal = \"other\"\n" + token, "other", "no [[listener]]"},
      Row{app + "[[rule]]\n" + token, "[[rule]] principal", "missing"},
      Row{app + "[[rule]]\nprincipal = \"app\"\n", "[[rule]] rights", "token"},
      Row{app + token + "[limits]\nrequests = 0\n", "[limits] requests", "from 1"},
      Row{app + token + "[limits]\nidle_seconds = 86401\n", "[limits] idle_seconds", "to 86400"},
      Row{app + token + "[audit]\nfile = \"a\"\n", "[audit] file", "absolute"});
  const auto config = Parse(row.text);
  REQUIRE(absl::IsInvalidArgument(config.status()));
  const std::string message(config.status().message());
  CAPTURE(message);
  CHECK(message.find(row.where) != std::string::npos);
  CHECK(message.find(row.what) != std::string::npos);
}

TEST_CASE("A mistake in the configuration is named with file, line and key") {
  struct Row {
    std::string text;
    std::string where;
    std::string what;
  };
  const std::string broker(kBroker);
  const auto row = GENERATE_COPY(
      Row{"", "config.toml", "no broker"}, Row{"[tee\n", "config.toml:1", ""},
      Row{broker + "\nx = 1\n", "config.toml:4: [[kbs]] x", "unknown key"},
      Row{"typo = 1\n" + broker, "config.toml:1: typo", "unknown key"},
      Row{"[tee]\nbackend = 7\n" + broker, "config.toml:2: [tee] backend", "expected a string"},
      Row{"[tee]\nbackend = \"snp2\"\n" + broker, "config.toml:2: [tee] backend",
          "choose auto, real, sample"},
      Row{"[tee]\nbackend = \"sample\"\n" + broker, "config.toml:2: [tee] backend",
          "allow_sample = true"},
      Row{"[tee]\nallow_sample = \"yes\"\n" + broker, "[tee] allow_sample", "true or false"},
      Row{"tee = 1\n" + broker, "config.toml:1: tee", "[tee]"},
      Row{"[real]\nhandle = \"x\"\n" + broker, "config.toml:2: [real] handle", "integer"},
      Row{"[real]\nhandle = -1\n" + broker, "config.toml:1: [real]", "must not be negative"},
      Row{"[kbs]\nurl = \"https://h\"\n", "config.toml:1: kbs", "[[kbs]]"},
      Row{"[[kbs]]\nname = \"a\"\n", "config.toml:1: [[kbs]] url", "missing"},
      Row{"[[kbs]]\nname = \"\"\nurl = \"https://h\"\n", "[[kbs]] name", "empty"},
      Row{"[[kbs]]\nurl = \"kbs.example\"\n", "config.toml:2: [[kbs]] url", "URL"},
      Row{"[[kbs]]\nurl = \"http://h\"\n", "config.toml:2: [[kbs]] url", "allow_http = true"},
      Row{"[[kbs]]\nurl = \"https://h\"\nurl = \"https://g\"\n", "config.toml:3", ""},
      Row{broker + broker, "config.toml", "given twice"},
      Row{broker + "[[listener]]\npath = \"rel.sock\"\n", "[[listener]] path", "absolute"},
      Row{broker + "[unseal]\nsignature = \"maybe\"\n", "[unseal] signature", "required"},
      Row{broker + "[unseal]\nsignature = \"skip\"\nkey_folder = \"/a\"\n", "[unseal] signature",
          "leave out"},
      Row{broker + "[unseal]\nkey_folder = \"a\"\n", "[unseal] key_folder", "absolute"},
      Row{broker + "[secure_mount]\nmount_roots = []\n", "[secure_mount] mount_roots", "absolute"},
      Row{broker + "[secure_mount]\nmount_roots = [\"/\"]\n", "[secure_mount] mount_roots",
          "\"/\""},
      Row{broker + "[secure_mount]\nmount_roots = [\"/a/../b\"]\n", "[secure_mount] mount_roots",
          "absolute"},
      Row{broker + "[secure_mount]\nsocket = \"a\"\n", "[secure_mount] socket", "absolute"},
      Row{broker + "[secure_mount]\nsocket = \"/a\"\nmount_roots = [\"/b\"]\n",
          "[secure_mount] mount_roots", "command line"},
      Row{broker + "[secure_mount]\nkey_folder = \"a\"\n", "[secure_mount] key_folder", "absolute"},
      Row{broker + "[key_provider]\nkey_folder = \"a\"\n", "[key_provider] key_folder", "absolute"},
      Row{broker + "[[credential]]\npath = \"/a\"\n", "[[credential]] uri", "kbs:///"},
      Row{broker + "[[credential]]\nuri = \"kbs:///a/b/c\"\n", "[[credential]] path", "absolute"},
      Row{broker + "[[credential]]\nuri = \"kbs:///a/b/c\"\npath = \"/a/../b\"\n",
          "[[credential]] path", "absolute"},
      Row{broker + "[[credential]]\nuri = \"kbs:///a/b/c\"\npath = \"/a\"\nmode = 1\n",
          "[[credential]] mode", "unknown key"},
      Row{broker + "[[credential]]\nuri = \"kbs:///a/b/c\"\npath = \"/a\"\n" +
              "[[credential]]\nuri = \"kbs:///a/b/d\"\npath = \"/a\"\n",
          "config.toml", "given twice"},
      Row{broker + "[[listener]]\nmode = \"0999\"\n", "[[listener]] mode", "octal"},
      Row{broker + "[[listener]]\naddress = \"0.0.0.0:1\"\n", "[[listener]] address", "loopback"},
      Row{broker + "[[listener]]\naddress = \"127.0.0.1\"\n", "[[listener]] address", "port"},
      Row{broker + "[[listener]]\naddress = \"127.0.0.1:1\"\nmode = 0o600\n", "[[listener]] mode",
          "path"},
      Row{broker + "[[listener]]\naddress = \"127.0.0.1:1\"\npath = \"/a\"\n", "[[listener]] path",
          "exclude"},
      Row{broker + "[[listener]]\nfeatures = \"all\"\n", "[[listener]] features", "rest"},
      Row{broker + "[[listener]]\nprotocol = \"rest\"\nfeatures = \"none\"\n",
          "[[listener]] features", "attestation"},
      Row{broker + "[[listener]]\npath = \"\"\n", "[[listener]] path", "absolute"},
      Row{broker + "[[listener]]\naddress = \"[::1]:1\"\nrights = [\"token\"]\n"
                   "[[listener]]\naddress = \"[::1]:1\"\nrights = [\"token\"]\n",
          "config.toml", "given twice"},
      Row{broker + "[[listener]]\nprotocol = \"http\"\n", "config.toml:4: [[listener]] protocol",
          "ttrpc"},
      Row{broker + "[[listener]]\nmode = true\n", "[[listener]] mode", "octal"},
      Row{broker + "[[listener]]\nmode = 0o1777\n", "[[listener]] mode", "octal"},
      Row{broker + "[[listener]]\npath = \"/" + std::string(107, 'x') + "\"\n", "[[listener]] path",
          "107"});
  const auto config = Parse(row.text);
  REQUIRE_FALSE(config.ok());
  CHECK(absl::IsInvalidArgument(config.status()));
  const std::string message(config.status().message());
  CAPTURE(message);
  CHECK(message.find(row.where) != std::string::npos);
  CHECK(message.find(row.what) != std::string::npos);
}

TEST_CASE("A configuration file that cannot be read is named") {
  const auto missing = LoadConfig("/nonexistent/config.toml", Backends());
  CHECK(absl::IsNotFound(missing.status()));
  CHECK(std::string(missing.status().message()).find("/nonexistent/config.toml") !=
        std::string::npos);
  CHECK(absl::IsFailedPrecondition(LoadConfig("/dev/null", Backends()).status()));
}

}  // namespace
}  // namespace attestd::agent
