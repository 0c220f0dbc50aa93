// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/policy.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/public_key.h"
#include "test/support/temp_dir.h"

namespace attestd::dev_kbs {
namespace {

// A throw-away key (P-256).
constexpr const char* kPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJhHTLXH1f7lZJDJU62TZr8Spnyf0\n"
    "F9fggRc9f2UlKf0Nq3ZBCEHd/AGpEhU2as4QAHBgbHzNhVK/SZXeNPnEgg==\n"
    "-----END PUBLIC KEY-----\n";

TEST_CASE("A policy is read with keys relative to its own folder") {
  const test::TempDir folder;
  std::ofstream(folder.File("ak.pem")) << kPem;
  std::ofstream(folder.File("policy.toml"))
      << "allowed_tees = [\"tpm\"]\n"
         "denied_resources = [\"default/locked/secret\", \"private/*\"]\n"
         "[tpm]\ntrusted_aks = [\"ak.pem\", \"" +
             folder.File("ak.pem") +
             "\"]\n"
             "[tpm.expected_pcrs]\n11 = \"" +
             std::string(64, 'a') + "\"\n0 = \"" + std::string(64, '0') + "\"\n";
  const Policy policy = ReadPolicy(folder.File("policy.toml")).value();
  CHECK(policy.AllowsTee("tpm"));
  CHECK_FALSE(policy.AllowsTee("sample"));
  REQUIRE(policy.reference.trusted_aks.size() == 2);
  CHECK(policy.reference.trusted_aks[0] ==
        base::PublicKey::FromPem(kPem).value().ToSpkiDer().value());
  CHECK(policy.reference.trusted_aks[1] == policy.reference.trusted_aks[0]);
  CHECK(policy.reference.expected_pcrs.size() == 2);
  CHECK(policy.reference.expected_pcrs.at(11) == base::Bytes(32, 0xaa));
}

TEST_CASE("A policy names roots, a clock, init data and whether debug is allowed") {
  const test::TempDir folder;
  std::filesystem::create_directory(folder.File("roots"));
  std::ofstream(folder.File("roots/a key")) << kPem;
  std::ofstream(folder.File("policy.toml")) << "allow_debug = true\n"
                                               "at = \"2026-03-01T12:00:00Z\"\n"
                                               "[roots]\nfiles = [\"roots\", \"roots/a key\"]\n"
                                               "[init_data_digests]\nsnp = \"00ff\"\n";
  const Policy policy = ReadPolicy(folder.File("policy.toml")).value();
  CHECK(policy.reference.allow_debug);
  CHECK(policy.at == absl::FromUnixSeconds(1772366400));
  CHECK(policy.reference.platform_keys.size() == 2);
  CHECK(policy.init_data_digests.at("snp") == base::Bytes{0x00, 0xff});
  const Policy empty = ParsePolicy("", "p").value();
  CHECK_FALSE(empty.reference.allow_debug);
  CHECK_FALSE(empty.at.has_value());
}

TEST_CASE("Denied resources match whole names, or prefixes with a star") {
  Policy policy;
  policy.denied_resources = {"default/locked/secret", "private/*"};
  CHECK(policy.DeniesResource("default/locked/secret"));
  CHECK(policy.DeniesResource("private/a/b"));
  CHECK_FALSE(policy.DeniesResource("default/locked/secret2"));
  CHECK_FALSE(policy.DeniesResource("default/locked"));
  CHECK_FALSE(policy.DeniesResource("privateer/a/b"));
}

TEST_CASE("The empty policy allows no platform") {
  CHECK_FALSE(ParsePolicy("", "p").value().AllowsTee("sample"));
}

TEST_CASE("A policy with a fault is refused with file, line and key") {
  struct Bad {
    const char* toml;
    const char* message;
  };
  const auto bad = GENERATE(values<Bad>({
      {"allowed_tees = []\nallowed_tee = []\n", "dir/p.toml:2: allowed_tee: unknown key"},
      {"\n[tpm]\ntrusted_ak = []\n", "dir/p.toml:3: trusted_ak: unknown key"},
      {"[snp]\n", "dir/p.toml:1: snp: unknown key"},
      {"allowed_tees = \"tpm\"\n", "dir/p.toml:1: allowed_tees: must be a list of texts"},
      {"denied_resources = [1]\n", "dir/p.toml:1: denied_resources: must be a list of texts"},
      {"tpm = 1\n", "dir/p.toml:1: tpm: must be a table"},
      {"[tpm]\nexpected_pcrs = 1\n", "dir/p.toml:2: expected_pcrs: must be a table"},
      {"[tpm.expected_pcrs]\n24 = \"\"\n", "dir/p.toml:2: 24: not the number of a PCR"},
      {"[tpm.expected_pcrs]\n011 = \"\"\n", "dir/p.toml:2: 011: not the number of a PCR"},
      {"[tpm.expected_pcrs]\nx = \"\"\n", "dir/p.toml:2: x: not the number of a PCR"},
      {"[tpm.expected_pcrs]\n1 = \"00\"\n", "dir/p.toml:2: 1: must be 64 hex digits"},
      {"[tpm.expected_pcrs]\n1 = 0\n", "dir/p.toml:2: 1: must be 64 hex digits"},
      {"allow_debug = 1\n", "dir/p.toml:1: allow_debug: must be true or false"},
      {"at = \"noon\"\n", "dir/p.toml:1: at: must be a date"},
      {"at = \"infinite-future\"\n", "dir/p.toml:1: at: must be a date"},
      {"at = 1\n", "dir/p.toml:1: at: must be a date"},
      {"roots = 1\n", "dir/p.toml:1: roots: must be a table"},
      {"[roots]\nfile = []\n", "dir/p.toml:2: file: unknown key"},
      {"[roots]\nfiles = [\"none\"]\n", "dir/p.toml:2: files: dir/none: No such file"},
      {"init_data_digests = 1\n", "dir/p.toml:1: init_data_digests: must be a table"},
      {"[init_data_digests]\nsnp = \"zz\"\n", "dir/p.toml:2: snp: must be hex digits"},
      {"[init_data_digests]\nsnp = 1\n", "dir/p.toml:2: snp: must be hex digits"},
      {"[tpm]\ntrusted_aks = [\"none.pem\"]\n", "dir/p.toml:2: trusted_aks: none.pem: "},
      {"allowed_tees = [\n", "dir/p.toml:"},
  }));
  CAPTURE(bad.toml);
  const auto policy = ParsePolicy(bad.toml, "dir/p.toml");
  CHECK(policy.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(policy.status().message()), Catch::StartsWith(bad.message));
}

TEST_CASE("A policy that is not there is an error with its path") {
  const auto policy = ReadPolicy("/nonexistent/policy.toml");
  CHECK_THAT(std::string(policy.status().message()), Catch::Contains("/nonexistent/policy.toml"));
}

}  // namespace
}  // namespace attestd::dev_kbs
