// SPDX-License-Identifier: Apache-2.0
// An exchange recorded from a real broker, replayed against our parsers and builders.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "base/json.h"
#include "evidence/runtime_data.h"
#include "kbs_client/jwe.h"
#include "kbs_client/messages.h"
#include "test/support/vectors.h"

namespace attestd::kbs {
namespace {

using base::Json;

// The body of the n-th HTTP message of the recording.
std::string Body(const std::string& recording, int n) {
  size_t start = 0;
  for (int i = 0; i <= n; ++i) {
    start = recording.find("##### ", start);
    REQUIRE(start != std::string::npos);
    start += 1;
  }
  const size_t end = recording.find("##### ", start);
  const std::string message = recording.substr(start, end - start);
  const size_t blank = message.find("\r\n\r\n");
  REQUIRE(blank != std::string::npos);
  std::string body = message.substr(blank + 4);
  while (!body.empty() && body.back() == '\n') {
    body.pop_back();
  }
  return body;
}

TEST_CASE("The recorded exchange of Trustee 0.14 is what we would say and understand") {
  const auto recording = test::ReadVector("exchange/trustee-0.14-sample.txt");
  if (!recording.has_value()) {
    return;
  }
  CHECK(Json::parse(*BuildRequest(Protocol::k040, "sample")) == Json::parse(Body(*recording, 0)));

  const auto challenge = ParseChallenge(Body(*recording, 1));
  REQUIRE(challenge.ok());
  const Json attestation = Json::parse(Body(*recording, 2));
  const Json& sent = attestation["runtime-data"];
  CHECK(challenge->nonce == sent["nonce"]);

  const evidence::RuntimeData runtime_data(challenge->nonce, sent["tee-pubkey"]);
  const auto digest = runtime_data.PrimaryDigest(challenge->hash, "");
  REQUIRE(digest.ok());
  const Json& primary = attestation["tee-evidence"]["primary_evidence"];
  CHECK(primary["report_data"] == base::Base64Encode(*digest));
  const auto ours =
      BuildAttestation(runtime_data, {.primary = {primary.dump()}, .additional = ""}, "");
  REQUIRE(ours.ok());
  CHECK(Json::parse(*ours) == attestation);

  const auto token = ParseAttestationResult(
      {.status = 200, .headers = {}, .body = Body(*recording, 3)}, sent["tee-pubkey"]);
  REQUIRE(token.ok());
  CHECK(token->lifetime == absl::Hours(1));
  const auto envelope = ParseJwe(Body(*recording, 5));
  REQUIRE(envelope.ok());
  CHECK(envelope->ciphertext.size() == 60);
}

// The recording has no private key: that such a JWE opens is shown by crypto_vectors_test.cc.
TEST_CASE("The recorded exchange of Trustee 0.10 has our RSA key's members and a JWE we read") {
  const auto recording = test::ReadVector("exchange/trustee-0.10-sample.txt");
  if (!recording.has_value()) {
    return;
  }
  const auto key = TeeKey::Generate(TeeKeyKind::kRsa15);
  REQUIRE(key.ok());
  Json ours = *key->PublicJwk();
  const Json attestation = Json::parse(Body(*recording, 2));
  const Json& sent = attestation["tee-pubkey"];
  CHECK(ours["n"].get<std::string>().size() == sent["n"].get<std::string>().size());
  ours["n"] = sent["n"];
  CHECK(ours == sent);

  const Json challenge = Json::parse(Body(*recording, 1));
  const evidence::RuntimeData runtime_data(challenge["nonce"], sent);
  CHECK(attestation["tee-evidence"]["report_data"] ==
        base::Base64Encode(*runtime_data.DeviceDigest(base::HashAlgorithm::kSha384)));

  for (const int message : {5, 7, 15}) {
    const std::string body = Body(*recording, message);
    const auto envelope = ParseLegacyJwe(body);
    REQUIRE(envelope.ok());
    CHECK(envelope->ciphertext.size() == 60);
    CHECK(envelope->tag.size() == 16);
    CHECK(envelope->encrypted_key.size() == kRsaSize);
    CHECK(envelope->additional_data.empty());
    CHECK(DecryptJwe(*envelope, *key).status() == JweDoesNotDecrypt());
    CHECK_FALSE(ParseJwe(body, TeeKeyKind::kRsa15).ok());
  }
}

TEST_CASE("The synthetic handshake gives the same digests and message") {
  const auto text = test::ReadVector("synthetic/rcar-0.4.0-sample.json");
  if (!text.has_value()) {
    return;
  }
  const Json vector = Json::parse(*text);
  const Json& expected = vector["no_devices"];
  const evidence::RuntimeData runtime_data(
      vector["challenge"]["nonce"], expected["attest_request"]["runtime-data"]["tee-pubkey"]);
  CHECK(base::HexEncode(*runtime_data.DeviceDigest(base::HashAlgorithm::kSha384)) ==
        vector["device_runtime_data_sha384"]);
  CHECK(base::HexEncode(*runtime_data.PrimaryDigest(base::HashAlgorithm::kSha384, "")) ==
        expected["primary_runtime_data_sha384"]);
  const Json& device = vector["with_sample_device_and_init_data"];
  const std::string additional = device["attest_request"]["tee-evidence"]["additional_evidence"];
  CHECK(base::HexEncode(*runtime_data.PrimaryDigest(base::HashAlgorithm::kSha384, additional)) ==
        device["primary_runtime_data_sha384"]);
}

}  // namespace
}  // namespace attestd::kbs
