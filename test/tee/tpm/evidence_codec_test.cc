// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/json.h"
#include "base/public_key.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm2/format/quote.h"
#include "test/support/vectors.h"
#include "test/tee/tpm2/quote_bytes.h"

namespace attestd::tee::tpm {
namespace {

TpmEvidence TypicalEvidence() {
  TpmEvidence evidence;
  evidence.ak_public = base::Bytes(294, 0xa1);
  evidence.message = tpm2::QuoteBytes(tpm2::TypicalQuote());
  evidence.signature = tpm2::SignatureBytes(base::Bytes(256, 0x5a));
  for (size_t i = 0; i < tpm2::kPcrCount; ++i) {
    evidence.pcrs.at(i) = base::Bytes(tpm2::kSha256Size, static_cast<uint8_t>(i));
  }
  return evidence;
}

// The typical evidence with one change.
std::string Changed(void (*change)(base::Json&)) {
  base::Json json = *base::ParseJson(FormatEvidence(TypicalEvidence()));
  change(json);
  return json.dump();
}

TEST_CASE("TPM evidence that is written can be read") {
  const TpmEvidence written = TypicalEvidence();
  const auto read = ParseEvidence(FormatEvidence(written));
  REQUIRE(read.ok());
  CHECK(read->ak_public == written.ak_public);
  CHECK(read->signature == written.signature);
  CHECK(read->message == written.message);
  CHECK(read->pcrs == written.pcrs);
}

TEST_CASE("TPM evidence has Trustee's members and encodings") {
  const auto json = base::ParseJson(FormatEvidence(TypicalEvidence()));
  REQUIRE(json.ok());
  CHECK(json->size() == 2);
  CHECK((*json)["ak_public"] == base::Base64Encode(TypicalEvidence().ak_public));
  CHECK((*json)["tpm_quote"].size() == 3);
  CHECK((*json)["tpm_quote"]["signature"] == base::Base64Encode(TypicalEvidence().signature));
  CHECK((*json)["tpm_quote"]["message"] == base::Base64Encode(TypicalEvidence().message));
  CHECK((*json)["tpm_quote"]["pcrs"].size() == 24);
  CHECK((*json)["tpm_quote"]["pcrs"][23] ==
        "1717171717171717171717171717171717171717171717171717171717171717");
}

struct BadEvidence {
  std::string text;
  std::string message;
};

std::vector<BadEvidence> BadEvidences() {
  using J = base::Json;
  return {
      {"", "JSON"},
      {"[]", "object"},
      {"{}", "ak_public"},
      {Changed([](J& json) { json.erase("ak_public"); }), "ak_public"},
      {Changed([](J& json) { json["ak_public"] = 1; }), "ak_public"},
      {Changed([](J& json) { json["ak_public"] = "AAA"; }), "ak_public"},
      {Changed([](J& json) { json.erase("tpm_quote"); }), "tpm_quote"},
      {Changed([](J& json) { json["tpm_quote"] = "text"; }), "object"},
      {Changed([](J& json) { json["tpm_quote"].erase("signature"); }), "signature"},
      {Changed([](J& json) { json["tpm_quote"]["signature"] = "_-8="; }), "signature"},
      {Changed([](J& json) { json["tpm_quote"].erase("message"); }), "message"},
      {Changed([](J& json) { json["tpm_quote"]["message"] = " AA=="; }), "message"},
      {Changed([](J& json) { json["tpm_quote"].erase("pcrs"); }), "pcrs"},
      {Changed([](J& json) { json["tpm_quote"]["pcrs"] = "00"; }), "pcrs"},
      {Changed([](J& json) { json["tpm_quote"]["pcrs"].erase(0); }), "24"},
      {Changed([](J& json) { json["tpm_quote"]["pcrs"].push_back("00"); }), "24"},
      {Changed([](J& json) { json["tpm_quote"]["pcrs"][7] = 0; }), "pcrs[7]"},
      {Changed([](J& json) { json["tpm_quote"]["pcrs"][8] = "0g"; }), "pcrs[8]"},
      {Changed([](J& json) { json["tpm_quote"]["pcrs"][9] = "00"; }), "pcrs[9]"},
  };
}

TEST_CASE("ParseEvidence names the member that is missing or malformed") {
  const std::vector<BadEvidence> all = BadEvidences();
  const BadEvidence& bad = all[GENERATE_COPY(range(size_t{0}, all.size()))];
  INFO(bad.text);
  const auto evidence = ParseEvidence(bad.text);
  CHECK(evidence.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(evidence.status().message()), Catch::Contains(bad.message));
}

TEST_CASE("Recorded TPM evidence parses, and its signature and PCR digest hold") {
  const std::optional<std::string> text = test::ReadVector("tpm/tpm_evidence.json");
  if (!text.has_value()) {
    WARN("skipped: no recorded evidence");
    return;
  }
  const auto evidence = ParseEvidence(*text);
  REQUIRE(evidence.ok());
  const auto quote = tpm2::ParseQuote(evidence->message);
  REQUIRE(quote.ok());
  CHECK(tpm2::SelectsAllSha256Pcrs(*quote));
  CHECK(quote->extra_data.size() == 64);  // an attester from before the 32-byte rule
  CHECK(*tpm2::PcrDigest(evidence->pcrs) == quote->pcr_digest);
  const auto key = base::PublicKey::FromSpkiDer(evidence->ak_public);
  const auto signature = tpm2::ParseRsassaSha256(evidence->signature);
  REQUIRE(key.ok());
  REQUIRE(signature.ok());
  CHECK(key->VerifyRsaPkcs1(base::HashAlgorithm::kSha256, evidence->message, *signature).ok());
  base::Bytes changed = evidence->message;
  changed.back() ^= 1;
  CHECK_FALSE(key->VerifyRsaPkcs1(base::HashAlgorithm::kSha256, changed, *signature).ok());
}

}  // namespace
}  // namespace attestd::tee::tpm
