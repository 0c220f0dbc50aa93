// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/format/evidence.h"

#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/certificate.h"
#include "base/encoding.h"
#include "base/json.h"
#include "test/fakes/snp_signer.h"
#include "test/support/vectors.h"

namespace attestd::tee::azure_vtpm {
namespace {

using base::Json;

constexpr base::JsonLimits kWide = {.depth = 8, .elements = 300'000};

const base::Bytes& Vcek() {
  static const base::Bytes kVcek = fakes::SnpSigner::Create({})->vcek().ToDer();
  return kVcek;
}

AzureEvidence Typical(Kind kind, int version) {
  AzureEvidence evidence;
  evidence.version = version;
  evidence.signature = base::Bytes(256, 0x5a);
  evidence.message = base::Bytes(145, 0xff);
  for (size_t i = 0; i < tpm2::kPcrCount; ++i) {
    evidence.pcrs.at(i) = base::Bytes(tpm2::kSha256Size, static_cast<uint8_t>(i));
  }
  evidence.hcl_report = base::Bytes(2600, 0xfb);  // base64 alphabets differ here
  evidence.endorsement = kind == Kind::kSnp ? Vcek() : base::Bytes(5006, 0xfe);
  return evidence;
}

bool Same(const AzureEvidence& a, const AzureEvidence& b) {
  return a.version == b.version && a.signature == b.signature && a.message == b.message &&
         a.pcrs == b.pcrs && a.hcl_report == b.hcl_report && a.endorsement == b.endorsement;
}

Json Written(Kind kind, int version) {
  return *base::ParseJson(*FormatEvidence(kind, Typical(kind, version)), kWide);
}

TEST_CASE("Azure evidence of each version and kind that is written can be read") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  const int version = GENERATE(0, 1, 2);
  AzureEvidence written = Typical(kind, version);
  SECTION("whole") {}
  SECTION("without endorsement") { written.endorsement.clear(); }
  const auto json = FormatEvidence(kind, written);
  REQUIRE(json.ok());
  const auto read = ParseEvidence(kind, *json);
  INFO(read.status().ToString());
  REQUIRE(read.ok());
  CHECK(Same(*read, written));
}

TEST_CASE("Azure evidence of versions 1 and 2 has Trustee's members and encodings") {
  const int version = GENERATE(1, 2);
  const Json snp = Written(Kind::kSnp, version);
  CHECK(snp.size() == 4);
  CHECK(snp["version"] == version);
  CHECK(snp["tpm_quote"].size() == 3);
  CHECK(snp["tpm_quote"]["signature"] == base::HexEncode(base::Bytes(256, 0x5a)));
  CHECK(snp["tpm_quote"]["message"] == base::HexEncode(base::Bytes(145, 0xff)));
  CHECK(snp["tpm_quote"]["pcrs"].size() == 24);
  CHECK(snp["tpm_quote"]["pcrs"][23] == base::HexEncode(base::Bytes(32, 23)));
  CHECK(snp["hcl_report"] == base::Base64UrlPaddedEncode(base::Bytes(2600, 0xfb)));
  CHECK_THAT(snp["hcl_report"].get<std::string>(), Catch::EndsWith("="));
  CHECK(snp["vcek"] == base::Base64UrlPaddedEncode(Vcek()));
  const Json tdx = Written(Kind::kTdx, version);
  CHECK(tdx.size() == 4);
  CHECK(tdx["td_quote"] == base::Base64UrlPaddedEncode(base::Bytes(5006, 0xfe)));
}

TEST_CASE("Azure evidence of version 0 has arrays of numbers, and the VCEK in PEM") {
  const Json snp = Written(Kind::kSnp, 0);
  CHECK(snp.size() == 3);
  CHECK(snp["quote"]["message"] == Json(base::Bytes(145, 0xff)));
  CHECK(snp["quote"]["pcrs"][5] == Json(base::Bytes(32, 5)));
  CHECK(snp["report"].size() == 2600);
  CHECK_THAT(snp["vcek"].get<std::string>(), Catch::StartsWith("-----BEGIN CERTIFICATE-----"));
  const Json tdx = Written(Kind::kTdx, 0);
  CHECK(tdx.size() == 3);
  CHECK(tdx["tpm_quote"]["signature"].size() == 256);
  CHECK(tdx["hcl_report"].size() == 2600);
  CHECK(tdx["td_quote"].size() == 5006);
}

TEST_CASE("FormatEvidence refuses what it cannot write") {
  AzureEvidence evidence = Typical(Kind::kSnp, 0);
  evidence.endorsement = {1, 2, 3};
  CHECK(absl::IsInvalidArgument(FormatEvidence(Kind::kSnp, evidence).status()));
  evidence.version = GENERATE(-1, 3);
  CHECK(absl::IsInvalidArgument(FormatEvidence(Kind::kSnp, evidence).status()));
}

struct Bad {
  int version;
  std::function<void(Json&)> change;
  std::string message;
};

TEST_CASE("ParseEvidence names the member of Azure evidence that is missing or malformed") {
  const std::string unpadded = base::Base64UrlEncode(base::Bytes(2600, 0xfb));
  const std::string standard = base::Base64Encode(base::Bytes(2600, 0xfb));
  const std::vector<Bad> all = {
      {2, [](Json& json) { json["version"] = 3; }, "version"},
      {2, [](Json& json) { json["version"] = 0; }, "version"},
      {2, [](Json& json) { json["version"] = "2"; }, "version"},
      {2, [](Json& json) { json["version"] = -1; }, "version"},
      {2, [](Json& json) { json.erase("tpm_quote"); }, "tpm_quote"},
      {2, [](Json& json) { json["tpm_quote"] = 1; }, "object"},
      {2, [](Json& json) { json["tpm_quote"].erase("signature"); }, "signature"},
      {2, [](Json& json) { json["tpm_quote"]["signature"] = "0g"; }, "signature"},
      {2, [](Json& json) { json["tpm_quote"]["message"] = 1; }, "message"},
      {2, [](Json& json) { json["tpm_quote"]["pcrs"].erase(0); }, "24"},
      {2, [](Json& json) { json["tpm_quote"]["pcrs"][7] = "00"; }, "pcrs[7]"},
      {2, [](Json& json) { json["tpm_quote"]["pcrs"][8] = 0; }, "pcrs[8]"},
      {2, [&](Json& json) { json["hcl_report"] = unpadded; }, "hcl_report"},
      {1, [&](Json& json) { json["hcl_report"] = standard; }, "hcl_report"},
      {2, [](Json& json) { json.erase("vcek"); }, "vcek"},
      {2, [](Json& json) { json["vcek"] = "AAA"; }, "vcek"},
      {1, [](Json& json) { json.erase("version"); }, "quote"},
      {0, [](Json& json) { json["version"] = 1; }, "tpm_quote"},
      {0, [](Json& json) { json["quote"]["message"][0] = 256; }, "message"},
      {0, [](Json& json) { json["quote"]["message"][0] = -1; }, "message"},
      {0, [](Json& json) { json["quote"]["message"][0] = 1.0; }, "message"},
      {0, [](Json& json) { json["quote"]["message"] = "00"; }, "message"},
      {0, [](Json& json) { json["quote"]["pcrs"][3].erase(0); }, "pcrs[3]"},
      {0, [](Json& json) { json.erase("report"); }, "report"},
      {0, [](Json& json) { json["vcek"] = "no PEM"; }, "vcek"},
      {0, [](Json& json) { json["vcek"] = Json::array(); }, "vcek"},
  };
  const Bad& bad = all[GENERATE_COPY(range(size_t{0}, all.size()))];
  Json json = Written(Kind::kSnp, bad.version);
  bad.change(json);
  const auto evidence = ParseEvidence(Kind::kSnp, json.dump());
  CHECK(absl::IsInvalidArgument(evidence.status()));
  CHECK_THAT(std::string(evidence.status().message()), Catch::Contains(bad.message));
}

TEST_CASE("ParseEvidence refuses what is no object, and the other kind's members") {
  const std::string text = GENERATE("", "[]", "1", "{}", R"({"version":2})");
  CHECK(absl::IsInvalidArgument(ParseEvidence(Kind::kTdx, text).status()));
  CHECK_FALSE(ParseEvidence(Kind::kTdx, Written(Kind::kSnp, 2).dump()).ok());
  CHECK_FALSE(ParseEvidence(Kind::kSnp, Written(Kind::kTdx, 2).dump()).ok());
}

struct Recorded {
  std::string name;
  Kind kind;
  int version;
};

TEST_CASE("Recorded Azure evidence parses, and is written again as it was") {
  const auto recorded = GENERATE(values<Recorded>({
      {"az-snp-vtpm/evidence-v0.json", Kind::kSnp, 0},
      {"az-snp-vtpm/evidence-v1.json", Kind::kSnp, 1},
      {"az-snp-vtpm/evidence-v2.json", Kind::kSnp, 2},
      {"az-tdx-vtpm/evidence-v1.json", Kind::kTdx, 1},
  }));
  const std::optional<std::string> text = test::ReadVector(recorded.name);
  if (!text.has_value()) {
    return;
  }
  CAPTURE(recorded.name);
  const auto evidence = ParseEvidence(recorded.kind, *text);
  INFO(evidence.status().ToString());
  REQUIRE(evidence.ok());
  CHECK(evidence->version == recorded.version);
  CHECK(evidence->hcl_report.size() == 2600);
  const auto again = FormatEvidence(recorded.kind, *evidence);
  REQUIRE(again.ok());
  CHECK(*base::ParseJson(*again, kWide) == *base::ParseJson(*text, kWide));
}

}  // namespace
}  // namespace attestd::tee::azure_vtpm
