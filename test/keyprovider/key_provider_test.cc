// SPDX-License-Identifier: Apache-2.0
#include "keyprovider/key_provider.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "test/keyprovider/key_provider_case.h"
#include "test/support/temp_dir.h"
#include "test/support/vectors.h"
#include "test/unseal/seal_vectors.h"

namespace attestd::keyprovider {
namespace {

using base::Json;
using base::Reason;
using test::Answer;
using unseal::Secrets;

constexpr std::string_view kKeyUri = "kbs:///keys/kek/1";

std::string Message(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

struct World {
  explicit World(const Json& entry = Json::object()) { PutVectors(secrets, entry); }

  Secrets::Result UnwrapInput(const std::string& input) {
    Answer answer;
    KeyProvider(policy, secrets).UnWrapKey(base::AsBytes(input), {}, answer.Taker());
    REQUIRE(answer.Take().has_value());
    return *answer.Take();
  }
  Secrets::Result Unwrap(std::string_view packet) { return UnwrapInput(test::UnwrapInput(packet)); }
  Secrets::Result WrapInput(const std::string& input) {
    Answer answer;
    KeyProvider(policy, secrets)
        .WrapKey(base::Secret::Copy(base::AsBytes(input)).value(), {}, answer.Taker());
    REQUIRE(answer.Take().has_value());
    return *answer.Take();
  }
  Secrets::Result Wrap(std::string_view parameters, base::ByteView options) {
    return WrapInput(test::WrapInput(parameters, options));
  }

  test::FakeSecrets secrets;
  KeyProviderPolicy policy;
};

base::Bytes Options() { return test::FromHex(test::SealVectors()["options"]); }

base::Bytes Unwrapped(const Secrets::Result& output) {
  return test::OutputBytes((*output)->view(), "keyunwrapresults", "optsdata");
}

std::string Packet(const Secrets::Result& output) {
  const base::Bytes bytes = test::OutputBytes((*output)->view(), "keywrapresults", "annotation");
  return std::string(base::AsText(bytes));
}

TEST_CASE("Case 36: a packet opens when it is whole, and has its reason when it is not") {
  int opened = 0;
  int refused = 0;
  for (const Json& entry : test::SealVectors()["packets"]) {
    INFO(entry["name"]);
    World world(entry);
    const auto output = world.Unwrap(entry["packet"].get<std::string>());
    if (entry.contains("options")) {
      INFO(Message(output.status()));
      REQUIRE(output.ok());
      CHECK(Unwrapped(output) == test::FromHex(entry["options"]));
      ++opened;
      continue;
    }
    const Reason reason = test::ReasonNamed(entry["reason"]);
    CHECK(base::GetReason(output.status()) == reason);
    CHECK((absl::IsInvalidArgument(output.status()) ||
           (reason == Reason::kKeyUnfit && absl::IsFailedPrecondition(output.status()))));
    // Garbage is not worth a request.
    const bool asked = reason == Reason::kDoesNotDecrypt || reason == Reason::kKeyUnfit;
    CHECK(world.secrets.asked().size() == (asked ? 1 : 0));
    ++refused;
  }
  std::printf("annotation packets: %d open, %d refused\n", opened, refused);
  CHECK(opened == 7);
  CHECK(refused == 44);
}

TEST_CASE("Another key and a changed packet have one answer") {
  std::vector<absl::Status> answers;
  for (const Json& entry : test::SealVectors()["packets"]) {
    if (entry.value("reason", "") == "DOES_NOT_DECRYPT") {
      answers.push_back(World(entry).Unwrap(entry["packet"].get<std::string>()).status());
    }
  }
  REQUIRE(answers.size() == 8);
  for (const absl::Status& status : answers) {
    CHECK(status == answers.front());
    CHECK(Message(status).starts_with("unwrap key: key kbs:///keys/kek/1: it does not decrypt"));
  }
}

TEST_CASE("The packet that skopeo and coco_keyprovider made opens") {
  const auto text = test::ReadVector("ocicrypt/a256gcm.json");
  if (!text.has_value()) {
    return;
  }
  const Json vector = Json::parse(*text);
  World world;
  world.secrets.Put(vector["key_id"], test::FromHex(vector["key_hex"]));
  const auto output = world.UnwrapInput(vector["unwrap_input"].dump());
  REQUIRE(output.ok());
  CHECK(base::AsText(Unwrapped(output)) == vector["optsdata_plaintext"].get<std::string>());
  CHECK(world.secrets.asked() == std::vector<std::string>{vector["key_id"]});
}

TEST_CASE("What is wrapped is a packet of version 2, and unwraps") {
  const std::string type = GENERATE("A256GCM", "A256CTR");
  World world;
  const std::string parameters = "keyid=" + std::string(kKeyUri) + "::algorithm=" + type;
  const auto wrapped = world.Wrap(parameters, Options());
  REQUIRE(wrapped.ok());
  const Json packet = Json::parse(Packet(wrapped));
  CHECK(packet.size() == 8);
  CHECK(packet["version"] == "0.1.0");
  CHECK(packet["kid"] == kKeyUri);
  CHECK(packet["provider"] == "kbs");
  CHECK(packet["wrap_type"] == type);
  CHECK(packet["provider_settings"] == Json::object());
  CHECK(packet["annotations"] == Json::object());
  const size_t tag = type == "A256GCM" ? 16 : 0;
  CHECK(base::GetBase64(packet, "iv")->size() == (type == "A256GCM" ? 12 : 16));
  CHECK(base::GetBase64(packet, "wrapped_data")->size() == Options().size() + tag);
  CHECK(Packet(wrapped).find(base::Base64Encode(Options())) == std::string::npos);
  const auto unwrapped = world.Unwrap(Packet(wrapped));
  REQUIRE(unwrapped.ok());
  CHECK(Unwrapped(unwrapped) == Options());
  CHECK(Json::parse(Packet(world.Wrap(parameters, Options())))["iv"] != packet["iv"]);
}

TEST_CASE("A key is wrapped under one from a file, where a folder of them is configured") {
  const test::TempDir folder;
  const base::Bytes key = test::FromHex(test::SealVectors()["kek"]);
  std::ofstream(folder.File("kek"), std::ios::binary) << base::AsText(key);
  std::ofstream(folder.File("short"), std::ios::binary) << "short";
  const auto parameters = [](const std::string& path) {
    return "keypath=" + path + "::keyid=" + std::string(kKeyUri);
  };
  World world;
  CHECK(base::GetReason(world.Wrap(parameters("kek"), Options()).status()) == Reason::kBadPacket);
  world.policy.key_folder = folder.path();
  for (const std::string& path : {std::string("kek"), folder.File("kek")}) {
    const auto wrapped = world.Wrap(parameters(path), Options());
    REQUIRE(wrapped.ok());
    CHECK(world.secrets.asked().empty());
    CHECK(World().Unwrap(Packet(wrapped)).ok());
  }
  for (const char* path : {"short", "none", "../etc/passwd", "/etc/passwd"}) {
    INFO(path);
    const auto refused = world.Wrap(parameters(path), Options());
    CHECK(absl::IsFailedPrecondition(refused.status()));
    CHECK(base::GetReason(refused.status()) == Reason::kKeyUnfit);
  }
}

TEST_CASE("A256CTR is for a layer's options only, as nothing else would show another key") {
  World world;
  const std::string parameters = "algorithm=A256CTR::keyid=" + std::string(kKeyUri);
  const auto refused = world.Wrap(parameters, base::AsBytes("no JSON"));
  CHECK(base::GetReason(refused.status()) == Reason::kBadPacket);
  CHECK(world.Wrap("keyid=" + std::string(kKeyUri), base::AsBytes("no JSON")).ok());
}

TEST_CASE("What the broker says reaches the caller, with the step and the URI") {
  World world;
  const auto fault = base::MakeStatus(absl::StatusCode::kNotFound, Reason::kResourceNotFound, "no");
  world.secrets.Fail(fault);
  world.secrets.Fail(fault);
  const auto unwrapped =
      world.Unwrap(test::SealVectors()["packets"][0]["packet"].get<std::string>());
  CHECK(Message(unwrapped.status()) == "unwrap key: key kbs:///keys/kek/1: no");
  const auto wrapped = world.Wrap("keyid=" + std::string(kKeyUri), Options());
  CHECK(Message(wrapped.status()) == "wrap key: key kbs:///keys/kek/1: no");
  for (const auto& output : {unwrapped, wrapped}) {
    CHECK(absl::IsNotFound(output.status()));
    CHECK(base::GetReason(output.status()) == Reason::kResourceNotFound);
  }
}

TEST_CASE("A call waits without a thread, and its input may go") {
  World world;
  world.secrets.Wait();
  Answer unwrapped;
  Answer wrapped;
  {
    const KeyProvider provider(world.policy, world.secrets);
    const std::string input =
        test::UnwrapInput(test::SealVectors()["packets"][0]["packet"].get<std::string>());
    provider.UnWrapKey(base::AsBytes(input), {}, unwrapped.Taker());
    provider.WrapKey(base::Secret::Copy(
                         base::AsBytes(test::WrapInput("keyid=" + std::string(kKeyUri), Options())))
                         .value(),
                     {}, wrapped.Taker());
  }
  CHECK_FALSE(unwrapped.Take().has_value());
  while (world.secrets.Answer()) {
  }
  REQUIRE(unwrapped.Take().has_value());
  REQUIRE(wrapped.Take().has_value());
  CHECK(Unwrapped(*unwrapped.Take()) == Options());
  CHECK(World().Unwrap(Packet(*wrapped.Take())).ok());
}

}  // namespace
}  // namespace attestd::keyprovider
