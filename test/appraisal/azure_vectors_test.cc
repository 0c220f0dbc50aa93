// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "appraisal/appraisal.h"
#include "appraisal/hardware.h"
#include "base/certificate.h"
#include "base/encoding.h"
#include "base/json.h"
#include "tee/azure_vtpm/format/evidence.h"
#include "test/appraisal/failed_names.h"
#include "test/support/vectors.h"

// Recorded evidence of Azure CVMs, and what must be noticed when it is changed.
namespace attestd::appraisal {
namespace {

using tee::azure_vtpm::AzureEvidence;
using tee::azure_vtpm::Kind;
using tee::azure_vtpm::TeeName;

constexpr std::string_view kChallenge = "challenge";

struct Recorded {
  std::string name;
  Kind kind;
  base::Bytes report_data;
  std::string pcr0;  // the first digits
};

std::vector<Recorded> All() {
  const base::Bytes challenge = base::ToBytes(base::AsBytes(kChallenge));
  return {{"az-snp-vtpm/evidence-v0.json", Kind::kSnp, challenge, "e15c4479"},
          {"az-snp-vtpm/evidence-v1.json", Kind::kSnp, challenge, ""},
          {"az-snp-vtpm/evidence-v2.json", Kind::kSnp,
           *base::HexDecode("982f5c6e45df0ed3f10b6f60b02f0c8390e281300f3805e2279c16168cd6ae9a"
                            "a398f647caa2338748cd0fd9f5f819ef"),
           "84275b2f"},
          {"az-tdx-vtpm/evidence-v1.json", Kind::kTdx, challenge, ""}};
}

// AMD's certificates come from a file of the verifier's; their keys, and Intel's, are built in.
std::optional<ReferenceValues> Reference() {
  const std::optional<std::string> pem = test::ReadVector("snp/roots/milan_ask_ark_asvk.pem");
  if (!pem.has_value()) {
    return std::nullopt;
  }
  ReferenceValues reference;
  reference.roots = *base::Certificate::ListFromPem(*pem);
  // When the certificates of all of them were valid.
  reference.at = absl::FromUnixSeconds(1767225600);  // 2026-01-01
  return reference;
}

Appraisal Judge(Kind kind, const std::string& json, base::ByteView report_data,
                const ReferenceValues& reference) {
  return *Appraise(TeeName(kind),
                   {.evidence_json = json, .report_data = report_data, .reference = reference});
}

TEST_CASE("Recorded Azure evidence passes for its nonce and for no other") {
  const Recorded recorded = All()[GENERATE(size_t{0}, size_t{1}, size_t{2}, size_t{3})];
  const std::optional<std::string> json = test::ReadVector(recorded.name);
  const std::optional<ReferenceValues> reference = Reference();
  if (!json.has_value() || !reference.has_value()) {
    return;
  }
  CAPTURE(recorded.name);
  const Appraisal good = Judge(recorded.kind, *json, recorded.report_data, *reference);
  INFO(good.FirstFailure());
  CHECK(good.passed());
  CHECK_THAT(good.claims["tpm"]["pcr00"].get<std::string>(), Catch::StartsWith(recorded.pcr0));
  base::Bytes wrong = recorded.report_data;
  wrong.back() ^= 1;
  CHECK_FALSE(Judge(recorded.kind, *json, wrong, *reference).passed());
  base::Bytes padded = recorded.report_data;
  padded.resize(64);
  CHECK_FALSE(Judge(recorded.kind, *json, padded, *reference).passed());
}

TEST_CASE("Recorded Azure evidence in unpadded base64url is refused") {
  const Recorded recorded = All()[GENERATE(size_t{1}, size_t{2}, size_t{3})];
  const std::optional<std::string> text = test::ReadVector(recorded.name);
  if (!text.has_value()) {
    return;
  }
  base::Json json = *base::ParseJson(*text);
  std::string report = json["hcl_report"].get<std::string>();
  REQUIRE(report.ends_with('='));
  report.erase(report.find('='));
  json["hcl_report"] = report;
  const ReferenceValues reference;
  CHECK(absl::IsInvalidArgument(
      Appraise(TeeName(recorded.kind), {.evidence_json = json.dump(), .reference = reference})
          .status()));
}

struct Edit {
  size_t offset;
  uint8_t change;  // xor
  std::string failing;
};

TEST_CASE("An edited byte in a recorded HCL report is noticed") {
  const Recorded recorded = All()[GENERATE(size_t{0}, size_t{1}, size_t{2}, size_t{3})];
  const auto edit = GENERATE(values<Edit>({
      {0x1a6, 0xff, ""},                     // TCB of the SNP report, or inside the TDREPORT
      {0x540, 0xff, "runtime_data.format"},  // the modulus: no JSON any more
      {0x6e0, 0x01, "runtime_data"},         // text that still is JSON
  }));
  const std::optional<std::string> json = test::ReadVector(recorded.name);
  const std::optional<ReferenceValues> reference = Reference();
  if (!json.has_value() || !reference.has_value()) {
    return;
  }
  AzureEvidence evidence = *tee::azure_vtpm::ParseEvidence(recorded.kind, *json);
  evidence.hcl_report[edit.offset] ^= edit.change;
  const Appraisal appraisal = Judge(recorded.kind, *FormatEvidence(recorded.kind, evidence),
                                    recorded.report_data, *reference);
  CAPTURE(recorded.name, edit.offset, FailedNames(appraisal));
  if (recorded.kind == Kind::kTdx && edit.failing.empty()) {
    // The TDREPORT is not judged: the TD quote is.
    CHECK(appraisal.passed());
    return;
  }
  CHECK_FALSE(appraisal.passed());
  if (!edit.failing.empty()) {
    CHECK_THAT(FailedNames(appraisal), Catch::VectorContains(edit.failing));
  }
}

TEST_CASE("A recorded HCL report of SNP version 2 is refused for its version only") {
  const std::optional<std::string> image = test::ReadVector("az-snp-vtpm/hcl-report.bin");
  const std::optional<std::string> pem = test::ReadVector("az-snp-vtpm/vcek.pem");
  const std::optional<ReferenceValues> reference = Reference();
  if (!image.has_value() || !pem.has_value() || !reference.has_value()) {
    return;
  }
  const std::vector<base::Certificate> certificates = *base::Certificate::ListFromPem(*pem);
  const auto judge = [&](base::ByteView bytes) {
    Appraisal appraisal;
    CheckSnpReport(tee::azure_vtpm::ParseHclReport(bytes)->hardware_report, certificates,
                   *reference, appraisal);
    return FailedNames(appraisal);
  };
  CHECK(judge(base::AsBytes(*image)) == std::vector<std::string>{"report.version"});
  std::string edited = *image;
  edited[0x1a6] = 0;
  CHECK(judge(base::AsBytes(edited)).size() > 1);
}

TEST_CASE("A recorded quote over some PCRs only, by an unknown key, is refused for both") {
  const std::optional<std::string> message = test::ReadVector("az-snp-vtpm/tpm-quote.msg");
  const std::optional<std::string> signature = test::ReadVector("az-snp-vtpm/tpm-quote.sig");
  const std::optional<ReferenceValues> reference = Reference();
  if (!message.has_value() || !signature.has_value() || !reference.has_value()) {
    return;
  }
  for (const Recorded& recorded : All()) {
    const std::optional<std::string> json = test::ReadVector(recorded.name);
    REQUIRE(json.has_value());
    AzureEvidence evidence = *tee::azure_vtpm::ParseEvidence(recorded.kind, *json);
    evidence.message = base::ToBytes(base::AsBytes(*message));
    evidence.signature = base::ToBytes(base::AsBytes(*signature));
    const std::vector<std::string> failed =
        FailedNames(Judge(recorded.kind, *FormatEvidence(recorded.kind, evidence),
                          base::AsBytes(kChallenge), *reference));
    CHECK_THAT(failed, Catch::VectorContains(std::string("tpm_quote.signature")) &&
                           Catch::VectorContains(std::string("pcr.selection")));
  }
}

}  // namespace
}  // namespace attestd::appraisal
