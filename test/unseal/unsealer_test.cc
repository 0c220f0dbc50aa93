// SPDX-License-Identifier: Apache-2.0
#include "unseal/unsealer.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "test/support/temp_dir.h"
#include "test/unseal/seal_vectors.h"

namespace attestd::unseal {
namespace {

using base::Json;
using base::Reason;
using test::Answer;

constexpr std::string_view kSecretUri = "kbs:///app/secret/1";

std::string Message(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

// A broker with the vectors' keys, and a folder with the signer's.
struct World {
  explicit World(const Json& entry = Json::object()) {
    PutVectors(secrets, entry);
    std::ofstream(folder.File("signer.jwk")) << test::SealVectors()["signer"].get<std::string>();
    policy.key_folder = folder.path();
    if (entry.value("policy", "") == "skip") {
      policy.signature = UnsealPolicy::Signature::kSkip;
    }
  }

  Secrets::Result Unseal(const std::string& sealed) {
    Answer answer;
    Unsealer(policy, secrets).UnsealSecret(base::AsBytes(sealed), {}, answer.Taker());
    REQUIRE(answer.Take().has_value());
    return *answer.Take();
  }

  test::FakeSecrets secrets;
  test::TempDir folder;
  UnsealPolicy policy;
};

// The first sealed secret of the vectors by this name.
std::string Sealed(const std::string& name) {
  for (const Json& entry : test::SealVectors()["sealed"]) {
    if (entry["name"] == name) {
      return entry["sealed"];
    }
  }
  FAIL("no vector " << name);
  return {};
}

TEST_CASE("Case 36: a sealed secret opens when it is whole, and has its reason when it is not") {
  int opened = 0;
  int refused = 0;
  for (const Json& entry : test::SealVectors()["sealed"]) {
    INFO(entry["name"]);
    World world(entry);
    const auto secret = world.Unseal(entry["sealed"]);
    if (entry.contains("plaintext")) {
      INFO(Message(secret.status()));
      CHECK((secret.ok() && (*secret)->ConstantTimeEquals(test::FromHex(entry["plaintext"]))));
      ++opened;
      continue;
    }
    CHECK(base::GetReason(secret.status()) == test::ReasonNamed(entry["reason"]));
    CHECK(absl::StatusCodeToString(secret.status().code()) == entry["code"]);
    CHECK(Message(secret.status()).find_first_of("\r\n") == std::string::npos);
    ++refused;
  }
  std::printf("sealed secrets: %d open, %d refused\n", opened, refused);
  CHECK(opened == 14);
  CHECK(refused == 132);
}

TEST_CASE("A signature that is refused costs no look at the secret") {
  for (const Json& entry : test::SealVectors()["sealed"]) {
    if (entry.value("reason", "") != "SIGNATURE_REFUSED") {
      continue;
    }
    INFO(entry["name"]);
    World world(entry);
    REQUIRE_FALSE(world.Unseal(entry["sealed"]).ok());
    // A malformed one is not worth a request; another needs the key.
    CHECK(world.secrets.asked().size() == (entry["code"] == "PERMISSION_DENIED" ? 1 : 0));
    for (const std::string& uri : world.secrets.asked()) {
      CHECK(uri == "kbs:///keys/signer/1");
    }
  }
}

TEST_CASE("A changed envelope and one under another key have one answer") {
  std::vector<absl::Status> answers;
  for (const Json& entry : test::SealVectors()["sealed"]) {
    if (entry.value("reason", "") == "DOES_NOT_DECRYPT") {
      answers.push_back(World(entry).Unseal(entry["sealed"]).status());
    }
  }
  REQUIRE(answers.size() == 10);
  for (const absl::Status& status : answers) {
    CHECK(Message(status).find("it does not decrypt") != std::string::npos);
    CHECK(Message(status).find("kbs:///keys/kek/1") != std::string::npos);
  }
}

TEST_CASE("A vault's secret is asked for behind the key of its signature") {
  World world;
  const auto secret = world.Unseal(Sealed("vault"));
  REQUIRE(secret.ok());
  CHECK(world.secrets.asked() ==
        std::vector<std::string>{"kbs:///keys/signer/1", std::string(kSecretUri)});
}

TEST_CASE("Only configured signers are believed") {
  World world;
  world.policy.signers = {"kbs:///keys/signer/1"};
  CHECK(world.Unseal(Sealed("vault")).ok());
  const auto file = world.Unseal(Sealed("key from a file"));
  CHECK(absl::IsPermissionDenied(file.status()));
  CHECK(base::GetReason(file.status()) == Reason::kSignatureRefused);
  world.policy.signers = {"signer.jwk"};
  CHECK(world.Unseal(Sealed("key from a file")).ok());
  CHECK_FALSE(world.Unseal(Sealed("vault")).ok());
}

TEST_CASE("A key in a file is believed only where a folder is configured, and only below it") {
  World world;
  CHECK(world.Unseal(Sealed("key from a file")).ok());
  world.policy.key_folder.clear();
  CHECK(absl::IsPermissionDenied(world.Unseal(Sealed("key from a file")).status()));
  world.policy.key_folder = world.folder.path() + "/none";
  const auto missing = world.Unseal(Sealed("key from a file"));
  CHECK(absl::IsFailedPrecondition(missing.status()));
  CHECK(base::GetReason(missing.status()) == Reason::kKeyUnfit);
  // The file is there, and another way leads to it.
  const std::string inner = world.folder.path() + "/inner";
  std::filesystem::create_directory(inner);
  std::filesystem::create_symlink("../signer.jwk", inner + "/signer.jwk");
  world.policy.key_folder = inner;
  const auto outside = world.Unseal(Sealed("key from a file"));
  CHECK(base::GetReason(outside.status()) == Reason::kKeyUnfit);
  CHECK(Message(outside.status()).find("leads out of") != std::string::npos);
}

TEST_CASE("What the broker says reaches the caller, with the step and the URI") {
  const int step = GENERATE(0, 1);
  World world;
  for (int i = 0; i < step; ++i) {
    world.secrets.Fail(absl::OkStatus());
  }
  world.secrets.Fail(base::MakeStatus(absl::StatusCode::kPermissionDenied, Reason::kAccessDenied,
                                      "the broker's policy denies it"));
  const auto secret = world.Unseal(Sealed("vault"));
  CHECK(absl::IsPermissionDenied(secret.status()));
  CHECK(base::GetReason(secret.status()) == Reason::kAccessDenied);
  CHECK(Message(secret.status()) ==
        (step == 0 ? "unseal: signing key kbs:///keys/signer/1: the broker's policy denies it"
                   : "unseal: kbs:///app/secret/1: the broker's policy denies it"));
}

TEST_CASE("A call waits without a thread, and its text may go") {
  World world;
  world.secrets.Wait();
  Answer answer;
  std::stop_source stop;
  const Unsealer unsealer(world.policy, world.secrets);
  {
    const auto sealed = std::make_unique<std::string>(Sealed("envelope, A256GCM"));
    unsealer.UnsealSecret(base::AsBytes(*sealed), {.stop = stop.get_token()}, answer.Taker());
  }
  stop.request_stop();
  CHECK(world.secrets.caller().stop.stop_requested());
  CHECK(world.secrets.asked().size() == 1);
  REQUIRE(world.secrets.Answer());
  CHECK_FALSE(answer.Take().has_value());
  REQUIRE(world.secrets.Answer());
  CHECK_FALSE(world.secrets.Answer());
  REQUIRE(answer.Take().has_value());
  CHECK((*answer.Take()).ok());
}

TEST_CASE("A message has no query, and a plugin's URI keeps its plugin") {
  const auto shown = [](std::string_view text) {
    return Shown(kbs::ResourceUri::Parse(text).value());
  };
  CHECK(shown("kbs://broker/a/b/c?token=x") == "kbs://broker/a/b/c");
  CHECK(shown("kbs+vault:///a?b=c") == "kbs+vault:///a");
}

}  // namespace
}  // namespace attestd::unseal
