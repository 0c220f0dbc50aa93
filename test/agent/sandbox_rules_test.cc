// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox_rules.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "test/support/temp_dir.h"

namespace attestd::agent {
namespace {

using sandbox::Access;
using sandbox::Grant;

bool Has(const sandbox::Needs& needs, const std::string& path, Access access) {
  const Grant grant{.path = path, .access = access};
  return std::count(needs.grants.begin(), needs.grants.end(), grant) == 1;
}

BrokerConfig BrokerAt(const std::string& ca_file) {
  BrokerConfig broker;
  broker.name = "other";
  broker.ca_file = ca_file;
  return broker;
}

tee::Backend DeviceBackend(const std::string& name) {
  tee::Backend backend;
  backend.name = name;
  backend.files = [](const tee::Settings& settings) {
    return std::vector<tee::FileUse>{
        {.path = std::get<std::string>(settings.at("device")), .how = tee::FileUse::How::kDevice}};
  };
  return backend;
}

TEST_CASE("The sandbox lets through what the configuration names, and how") {
  Config config;
  config.sources = {"/c/config.toml"};
  config.written = {"/w/socket.kbs-ca.pem"};
  BrokerConfig& broker = config.brokers.emplace_back(BrokerAt("/ca/root.pem"));
  broker.client_key_file = "/client/key.pem";
  broker.proxy_credentials_file = "/proxy/login";
  config.credentials = {{.uri = "kbs:///a/b/c", .path = "/credentials/c"}};
  config.measurement.enabled = true;
  config.measurement.event_log = "/log/eventlog";
  config.listeners.emplace_back().path = "/socket/attestd.sock";
  config.unseal.key_folder = "/unseal";
  config.sandbox.read = {"/more"};
  config.sandbox.write = {"/most"};
  const sandbox::Needs needs = SandboxNeeds(config, {});
  for (const char* folder :
       {"/c", "/ca", "/client", "/proxy", "/unseal", "/more", "/etc", "/usr"}) {
    CHECK(Has(needs, folder, Access::kRead));
  }
  for (const char* folder : {"/w", "/credentials", "/log", "/most"}) {
    CHECK(Has(needs, folder, Access::kWrite));
  }
  CHECK(Has(needs, "/socket", Access::kRemove));
  CHECK(std::none_of(needs.grants.begin(), needs.grants.end(),
                     [](const Grant& grant) { return grant.path == "/"; }));
  CHECK_FALSE(needs.seccomp.refuse_programs);
}

TEST_CASE("The sandbox leaves out what is switched off") {
  Config config;
  config.measurement.event_log = "/log/eventlog";
  CHECK_FALSE(Has(SandboxNeeds(config, {}), "/log", Access::kWrite));
}

TEST_CASE("A platform's device is let through when it is there, or is the one that is awaited") {
  const test::TempDir dir;
  const std::string there = dir.path() + "/there";
  const std::string absent = dir.path() + "/absent";
  std::ofstream(there) << "x";
  const std::vector<tee::Backend> backends = {DeviceBackend("one"), DeviceBackend("two")};
  Config config;
  config.backend_settings["one"]["device"] = there;
  config.backend_settings["two"]["device"] = absent;
  CHECK(Has(SandboxNeeds(config, backends), there, Access::kDevice));
  CHECK_FALSE(Has(SandboxNeeds(config, backends), absent, Access::kDevice));
  config.tee.backend = "two";
  CHECK(Has(SandboxNeeds(config, backends), absent, Access::kDevice));
}

absl::StatusOr<SandboxConfig> Parse(const std::string& keys) {
  const auto config =
      ParseConfig("[sandbox]\n" + keys + "\n[[kbs]]\nname = \"main\"\nurl = \"https://kbs\"\n",
                  "test", tee::BuiltInBackends());
  return config.ok() ? absl::StatusOr<SandboxConfig>(config->sandbox) : config.status();
}

TEST_CASE("[sandbox] is on unless it is switched off, and takes absolute paths") {
  CHECK(Parse("")->enabled);
  CHECK_FALSE(Parse("enabled = false")->enabled);
  const auto paths = Parse("read = [\"/a\", \"/b\"]\nwrite = [\"/c\"]");
  REQUIRE(paths.ok());
  CHECK(paths->read == std::vector<std::string>{"/a", "/b"});
  CHECK(paths->write == std::vector<std::string>{"/c"});
  const auto [keys, words] =
      GENERATE(std::pair("read = [\"a\"]", "read: expected absolute paths"),
               std::pair("write = [\"\"]", "write: expected absolute paths"),
               std::pair("enabled = false\nread = [\"/a\"]", "nothing needs to be let through"),
               std::pair("enabled = 1", "enabled"), std::pair("unknown = 1", "unknown"));
  const absl::Status refused = Parse(keys).status();
  CHECK(refused.code() == absl::StatusCode::kInvalidArgument);
  CHECK(std::string(refused.message()).find(words) != std::string::npos);
}

TEST_CASE("A device's library is refused programs and does not die of them") {
  Config config;
  config.tee.devices = {"nvidia"};
  CHECK(SandboxNeeds(config, {}).seccomp.refuse_programs);
}

TEST_CASE("A reload may name files where the start could read, links included") {
  const test::TempDir dir;
  const std::string root = std::filesystem::canonical(dir.path());
  for (const char* folder : {"/in", "/out"}) {
    std::filesystem::create_directory(root + folder);
    std::ofstream(root + folder + "/ca.pem") << "x";
  }
  std::filesystem::create_symlink(root + "/out/ca.pem", root + "/in/link.pem");
  const Granted granted = std::vector<Grant>{{.path = root + "/in", .access = Access::kRead},
                                             {.path = root + "/out", .access = Access::kRemove}};
  const auto check = [&](const std::string& file) {
    return CheckReadable({BrokerAt(file)}, granted);
  };
  CHECK(check(root + "/in/ca.pem").ok());
  CHECK(check(root + "/in/not-yet/ca.pem").ok());
  CHECK(check("").ok());
  for (const std::string file : {"/out/ca.pem", "/in/link.pem", "/in/../out/ca.pem"}) {
    const absl::Status status = check(root + file);
    CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
    CHECK(std::string(status.message()).find(root + file) != std::string::npos);
    CHECK(std::string(status.message()).find("restart attestd") != std::string::npos);
  }
  CHECK(CheckReadable({BrokerAt(root + "/out/ca.pem")}, {}).ok());
}

}  // namespace
}  // namespace attestd::agent
