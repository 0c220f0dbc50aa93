// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "tee/snp/format/evidence.h"
#include "test/fakes/snp_signer.h"
#include "test/support/vectors.h"

namespace attestd::tee::snp {
namespace {

using base::Json;
using fakes::SnpSigner;

SnpEvidence Typical(Generation generation) {
  const SnpSigner signer = SnpSigner::Create({.generation = generation}).value();
  Report report = signer.TypicalReport(base::Bytes(64, 0x5a));
  report.policy = 0xfedcba9876543210;
  const base::Bytes bytes = signer.Sign(report).value();
  return {.report = ParseReport(bytes).value(),
          .certificates = ParseCertTable(signer.CertTable().value()).value()};
}

Json TypicalJson() {
  return base::ParseJson(FormatEvidence(Typical(Generation::kGenoa)),
                         {.depth = 8, .elements = 90000})
      .value();
}

bool Refused(const Json& json) {
  return absl::IsInvalidArgument(ParseEvidence(json.dump()).status());
}

}  // namespace

TEST_CASE("SnpEvidence comes back from JSON unchanged, 64-bit numbers too") {
  const auto generation = GENERATE(Generation::kMilan, Generation::kTurin);
  const SnpEvidence evidence = Typical(generation);
  const auto again = ParseEvidence(FormatEvidence(evidence));
  REQUIRE(again.ok());
  CHECK(again->report.policy == 0xfedcba9876543210);
  CHECK(EncodeReport(again->report).value() == EncodeReport(evidence.report).value());
  CHECK(again->certificates == evidence.certificates);
}

TEST_CASE("SnpEvidence has the shape that Trustee reads") {
  const Json json = TypicalJson();
  const Json& report = json["attestation_report"];
  CHECK(report["version"] == 3);
  CHECK(report["policy"].dump() == "18364758544493064720");
  CHECK(report["report_data"] == Json(std::vector<int>(64, 0x5a)));
  CHECK(report["current_tcb"]["fmc"].is_null());
  CHECK(report["current_tcb"]["microcode"] == 72);
  CHECK(report["current"] == Json{{"major", 1}, {"minor", 55}, {"build", 40}});
  CHECK(report["cpuid_fam_id"] == 0x19);
  CHECK(report["launch_mit_vector"].is_null());
  CHECK(report["signature"]["r"].size() == 72);
  CHECK(json["cert_chain"][0]["cert_type"] == "VCEK");
  CHECK(json["cert_chain"][0]["data"][0] == 0x30);
}

TEST_CASE("SnpEvidence without certificates has a null chain") {
  SnpEvidence evidence = Typical(Generation::kGenoa);
  evidence.certificates.clear();
  CHECK(FormatEvidence(evidence).find(R"("cert_chain":null)") != std::string::npos);
  CHECK(ParseEvidence(FormatEvidence(evidence)).value().certificates.empty());
}

TEST_CASE("SnpEvidence lists the certificates in Trustee's order") {
  SnpEvidence evidence = Typical(Generation::kGenoa);
  const std::string guid = "ecae0c0f-9502-43b1-afa2-0ae2e0d565b6";
  evidence.certificates = {{.type = CertType::kOther, .guid = guid, .data = {7}},
                           {.type = CertType::kCrl, .guid = "", .data = {6}},
                           {.type = CertType::kArk, .guid = "", .data = {5}},
                           {.type = CertType::kAsk, .guid = "", .data = {4}},
                           {.type = CertType::kVlek, .guid = "", .data = {3}},
                           {.type = CertType::kVcek, .guid = "", .data = {2}}};
  const Json json = base::ParseJson(FormatEvidence(evidence)).value();
  const Json& chain = json["cert_chain"];
  Json types;
  for (const Json& entry : chain) {
    types.push_back(entry["cert_type"]);
  }
  CHECK(types.dump() == R"(["VCEK","VLEK","ASK","ARK","CRL",{"OTHER":")" + guid + R"("}])");
  CHECK(ParseEvidence(json.dump()).value().certificates.size() == 6);
}

TEST_CASE("SnpEvidence passes over entries that are empty") {
  Json json = TypicalJson();
  json["cert_chain"].push_back({{"cert_type", "Empty"}, {"data", Json::array()}});
  CHECK(ParseEvidence(json.dump()).value().certificates.size() == 3);
  json.erase("cert_chain");
  CHECK(ParseEvidence(json.dump()).value().certificates.empty());
}

TEST_CASE("SnpEvidence needs every field of the report") {
  const Json good = TypicalJson();
  REQUIRE_FALSE(Refused(good));
  for (const auto& [name, value] : good["attestation_report"].items()) {
    if (value.is_null()) {
      continue;
    }
    INFO(name);
    Json changed = good;
    changed["attestation_report"].erase(name);
    CHECK(Refused(changed));
    changed["attestation_report"][name] = "text";
    CHECK(Refused(changed));
  }
}

TEST_CASE("SnpEvidence refuses values that do not fit") {
  Json json = TypicalJson();
  Json& report = json["attestation_report"];
  REQUIRE_FALSE(Refused(json));
  SECTION("a byte of 256") { report["report_data"][0] = 256; }
  SECTION("a negative byte") { report["report_data"][0] = -1; }
  SECTION("a fraction") { report["policy"] = 1.5; }
  SECTION("33 bits") { report["vmpl"] = 4294967296; }
  SECTION("65 bytes") { report["report_data"].push_back(0); }
  SECTION("mitigation vectors in version 3") { report["launch_mit_vector"] = 0; }
  SECTION("no CPUID in version 3") { report["cpuid_step"] = nullptr; }
  SECTION("a chain that is no array") { json["cert_chain"] = "VCEK"; }
  SECTION("an unknown type") { json["cert_chain"][0]["cert_type"] = "XCEK"; }
  SECTION("no data") { json["cert_chain"][0].erase("data"); }
  SECTION("too many certificates") { json["cert_chain"] = Json(17, json["cert_chain"][0]); }
  SECTION("no report") { json.erase("attestation_report"); }
  CHECK(Refused(json));
}

TEST_CASE("SnpEvidence turns real evidence into its binary form and back") {
  const auto text = test::ReadVector("snp/e2e/evidence.json");
  const auto binary = test::ReadVector("snp/e2e/report.bin");
  const auto vcek = test::ReadVector("snp/e2e/vcek.der");
  if (!text.has_value() || !binary.has_value() || !vcek.has_value()) {
    return;
  }
  const auto evidence = ParseEvidence(*text);
  REQUIRE(evidence.ok());
  CHECK(EncodeReport(evidence->report).value() == base::ToBytes(base::AsBytes(*binary)));
  REQUIRE(evidence->certificates.size() == 1);
  CHECK(evidence->certificates[0].data == base::ToBytes(base::AsBytes(*vcek)));

  const SnpEvidence from_binary = {.report = ParseReport(base::AsBytes(*binary)).value(),
                                   .certificates = evidence->certificates};
  Json made = base::ParseJson(FormatEvidence(from_binary)).value();
  // Members younger than the recording.
  for (const char* name : {"launch_mit_vector", "current_mit_vector"}) {
    CHECK(made["attestation_report"][name].is_null());
    made["attestation_report"].erase(name);
  }
  CHECK(made == base::ParseJson(*text).value());
}

}  // namespace attestd::tee::snp
