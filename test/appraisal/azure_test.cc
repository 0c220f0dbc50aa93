// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "appraisal/appraisal.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "tee/azure_vtpm/format/evidence.h"
#include "test/appraisal/failed_names.h"
#include "test/fakes/paravisor.h"
#include "test/fakes/snp_signer.h"
#include "test/fakes/tdx_signer.h"
#include "test/fakes/tpm_quote_builder.h"

namespace attestd::appraisal {
namespace {

using base::Bytes;
using fakes::FakeAk;
using fakes::TpmQuoteSpec;
using tee::azure_vtpm::AzureEvidence;
using tee::azure_vtpm::Kind;

const Bytes kDigest(48, 0x5a);  // a SHA-384
const Bytes kInitData(32, 0x1d);

const FakeAk& Ak() {
  static const FakeAk kAk = *FakeAk::Rsa(2048);
  return kAk;
}

const fakes::SnpSigner& Snp() {
  static const fakes::SnpSigner kSigner = *fakes::SnpSigner::Create({});
  return kSigner;
}

const fakes::TdxSigner& Tdx() {
  static const fakes::TdxSigner kSigner = *fakes::TdxSigner::Create();
  return kSigner;
}

fakes::TdQuoteSpec QuoteOver(base::ByteView report_data) {
  fakes::TdQuoteSpec spec;
  spec.report_data = base::ToBytes(report_data);
  return spec;
}

fakes::ParavisorSpec Paravisor(Kind kind) {
  fakes::ParavisorSpec spec{.kind = kind, .ak_spki = *Ak().SpkiDer(), .hardware = nullptr};
  spec.hardware = [kind](base::ByteView report_data) {
    return kind == Kind::kSnp ? *Snp().Sign(Snp().TypicalReport(report_data))
                              : fakes::TdxSigner::TdReport(QuoteOver(report_data));
  };
  return spec;
}

Bytes Endorsement(Kind kind, const Bytes& image) {
  if (kind == Kind::kSnp) {
    return Snp().vcek().ToDer();
  }
  const auto report = tee::azure_vtpm::ParseHclReport(image);
  return *Tdx().Quote(QuoteOver(*tee::azure_vtpm::HardwareReportData(*report)));
}

TpmQuoteSpec GoodQuote() {
  TpmQuoteSpec spec;
  spec.extra_data = kDigest;
  spec.pcrs[11] = Bytes(32, 0x11);
  Bytes input(32);
  input.insert(input.end(), kInitData.begin(), kInitData.end());
  spec.pcrs[8] = *base::Hash(base::HashAlgorithm::kSha256, input);
  return spec;
}

AzureEvidence Evidence(Kind kind, const TpmQuoteSpec& quote = GoodQuote(), int version = 2,
                       const Bytes& user_data = kDigest) {
  AzureEvidence evidence;
  evidence.version = version;
  evidence.message = *fakes::BuildAttest(quote);
  evidence.signature = *Ak().Sign(evidence.message);
  evidence.pcrs = quote.pcrs;
  evidence.hcl_report = fakes::HclImage(Paravisor(kind), user_data);
  evidence.endorsement = Endorsement(kind, evidence.hcl_report);
  return evidence;
}

ReferenceValues Reference() {
  ReferenceValues reference;
  reference.expected_pcrs = {{11, Bytes(32, 0x11)}};
  reference.roots = {Snp().ark(), Snp().ask(), Tdx().root()};
  reference.init_data_digest = kInitData;
  return reference;
}

Appraisal Judge(Kind kind, const AzureEvidence& evidence,
                const ReferenceValues& reference = Reference()) {
  const std::string json = *FormatEvidence(kind, evidence);
  return *Appraise(tee::azure_vtpm::TeeName(kind),
                   {.evidence_json = json, .report_data = kDigest, .reference = reference});
}

TEST_CASE("Azure evidence of every version and kind that is right in everything passes") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  const int version = GENERATE(0, 1, 2);
  const Appraisal appraisal = Judge(kind, Evidence(kind, GoodQuote(), version));
  CHECK(FailedNames(appraisal) == std::vector<std::string>{});
  CHECK(appraisal.passed());
  CHECK(appraisal.claims["report_data"] == base::HexEncode(kDigest));
  CHECK(appraisal.claims["init_data"] == base::HexEncode(GoodQuote().pcrs[8]));
  CHECK(appraisal.claims["tpm"].size() == 24);
  CHECK(appraisal.claims["tpm"]["pcr11"] == base::HexEncode(Bytes(32, 0x11)));
  if (kind == Kind::kSnp) {
    const auto report = Snp().TypicalReport({});
    CHECK(appraisal.claims["measurement"] == base::Base64Encode(report.measurement));
    CHECK(appraisal.claims["reported_tcb_snp"] == std::to_string(report.reported_tcb.snp));
  } else {
    CHECK(appraisal.claims["quote"].is_object());
  }
}

struct QuoteMutation {
  const char* failing;
  std::function<void(TpmQuoteSpec&)> apply;
};

TEST_CASE("An Azure quote that is wrong in one thing fails exactly that check") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  const auto mutation = GENERATE(values<QuoteMutation>({
      {"tpm_quote.format", [](TpmQuoteSpec& s) { s.magic = 0xff544348; }},
      {"tpm_quote.format", [](TpmQuoteSpec& s) { s.type = 0x8017; }},
      {"pcr.selection",
       [](TpmQuoteSpec& s) {
         s.selections[0].select = {0xff, 0x40, 0x00};
       }},
      {"pcr.selection", [](TpmQuoteSpec& s) { s.selections[0].hash = 4; }},
      {"pcr.digest", [](TpmQuoteSpec& s) { s.pcr_digest = Bytes(32, 1); }},
      {"report_data", [](TpmQuoteSpec& s) { s.extra_data.resize(64); }},
      {"report_data", [](TpmQuoteSpec& s) { s.extra_data.resize(32); }},
      {"report_data", [](TpmQuoteSpec& s) { s.extra_data.clear(); }},
      {"report_data", [](TpmQuoteSpec& s) { s.extra_data[47] ^= 1; }},
      {"pcr.11", [](TpmQuoteSpec& s) { s.pcrs[11][0] ^= 1; }},
      {"init_data", [](TpmQuoteSpec& s) { s.pcrs[8][31] ^= 1; }},
  }));
  CAPTURE(mutation.failing);
  TpmQuoteSpec spec = GoodQuote();
  mutation.apply(spec);
  CHECK(FailedNames(Judge(kind, Evidence(kind, spec))) ==
        std::vector<std::string>{mutation.failing});
}

TEST_CASE("User-data that is another, shorter or absent fails evidence of version 2 only") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  Bytes other = kDigest;
  other[47] ^= 1;
  const Bytes user_data = GENERATE_COPY(values<Bytes>({other, Bytes(47, 0x5a), Bytes()}));
  CHECK(FailedNames(Judge(kind, Evidence(kind, GoodQuote(), 2, user_data))) ==
        std::vector<std::string>{"user_data"});
  CHECK(Judge(kind, Evidence(kind, GoodQuote(), 1, user_data)).passed());
}

TEST_CASE("A HCL report without user-data fails evidence of version 2 without a crash") {
  AzureEvidence evidence = Evidence(Kind::kSnp);
  std::string runtime = fakes::RuntimeData(*Ak().SpkiDer(), {});
  runtime = runtime.substr(0, runtime.find(",\"user-data\"")) + "}";
  evidence.hcl_report = fakes::HclImageOf(Paravisor(Kind::kSnp), runtime);
  CHECK(FailedNames(Judge(Kind::kSnp, evidence)) == std::vector<std::string>{"user_data"});
}

struct EvidenceMutation {
  const char* what;
  std::vector<std::string> failing;
  std::function<void(AzureEvidence&)> apply;
};

TEST_CASE("Azure evidence that was changed after it was signed fails exactly that check") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  const auto mutation = GENERATE(values<EvidenceMutation>({
      {"signature", {"tpm_quote.signature"}, [](auto& e) { e.signature.back() ^= 1; }},
      {"no signature", {"tpm_quote.signature"}, [](auto& e) { e.signature.clear(); }},
      {"signed field", {"tpm_quote.signature"}, [](auto& e) { e.message[8] ^= 1; }},
      {"PCR 3 in the list", {"pcr.digest"}, [](auto& e) { e.pcrs[3][31] ^= 1; }},
      // vmUniqueId, a digit: still JSON of the same size.
      {"runtime data",
       {"runtime_data"},
       [](auto& e) {
         const std::string text(base::AsText(e.hcl_report));
         e.hcl_report[text.find("00000000-0000-4000")] = '1';
       }},
      {"signature of the HCL report", {"hcl_report.format"}, [](auto& e) { e.hcl_report[0] = 0; }},
      {"short HCL report", {"hcl_report.format"}, [](auto& e) { e.hcl_report.resize(1235); }},
      {"no HCL report", {"hcl_report.format"}, [](auto& e) { e.hcl_report.clear(); }},
      {"kind VBS", {"hcl_report.format"}, [](auto& e) { e.hcl_report[1224] = 3; }},
      {"the other kind", {"hcl_report.kind"}, [](auto& e) { e.hcl_report[1224] ^= 6; }},
  }));
  CAPTURE(mutation.what);
  AzureEvidence evidence = Evidence(kind);
  mutation.apply(evidence);
  CHECK(FailedNames(Judge(kind, evidence)) == mutation.failing);
}

TEST_CASE("Runtime data that cannot be read leaves a quote without a key") {
  AzureEvidence evidence = Evidence(Kind::kSnp);
  evidence.hcl_report = fakes::HclImageOf(Paravisor(Kind::kSnp), R"({"keys":[]})");
  const std::vector<std::string> failed = FailedNames(Judge(Kind::kSnp, evidence));
  CHECK(failed ==
        std::vector<std::string>{"runtime_data.format", "ak.size", "tpm_quote.signature"});
}

TEST_CASE("A quote by a key that the hardware does not vouch for is refused") {
  AzureEvidence evidence = Evidence(Kind::kSnp);
  const FakeAk other = *FakeAk::Rsa(2048);
  evidence.signature = *other.Sign(evidence.message);
  CHECK(FailedNames(Judge(Kind::kSnp, evidence)) ==
        std::vector<std::string>{"tpm_quote.signature"});
  // With runtime data that names it, the hardware's report is about another text.
  fakes::ParavisorSpec forged = Paravisor(Kind::kSnp);
  forged.ak_spki = *other.SpkiDer();
  forged.hardware = [](base::ByteView) { return *Snp().Sign(Snp().TypicalReport(Bytes(64))); };
  evidence.hcl_report = fakes::HclImage(forged, kDigest);
  CHECK(FailedNames(Judge(Kind::kSnp, evidence)) == std::vector<std::string>{"runtime_data"});
}

TEST_CASE("Hardware that nobody trusts fails, the vTPM's part holds") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  ReferenceValues reference = Reference();
  reference.roots.clear();
  const Appraisal appraisal = Judge(kind, Evidence(kind), reference);
  CHECK_FALSE(appraisal.passed());
  for (const std::string& name : FailedNames(appraisal)) {
    CHECK_THAT(name, Catch::StartsWith("chain."));
  }
}

TEST_CASE("SNP evidence without a VCEK passes where the verifier has it, and fails where not") {
  const int version = GENERATE(0, 1, 2);
  AzureEvidence evidence = Evidence(Kind::kSnp, GoodQuote(), version);
  evidence.endorsement.clear();
  CHECK_FALSE(Judge(Kind::kSnp, evidence).passed());
  ReferenceValues reference = Reference();
  reference.roots.push_back(Snp().vcek());
  const Appraisal appraisal = Judge(Kind::kSnp, evidence, reference);
  CHECK(FailedNames(appraisal) == std::vector<std::string>{});
}

TEST_CASE("A VCEK or TD quote that is garbage fails") {
  const Kind kind = GENERATE(Kind::kSnp, Kind::kTdx);
  AzureEvidence evidence = Evidence(kind);
  evidence.endorsement = Bytes(100, 0x30);
  CHECK_FALSE(Judge(kind, evidence).passed());
}

TEST_CASE("Init data of another size than PCR 8 binds is a failed check, not a crash") {
  const size_t size = GENERATE(size_t{0}, size_t{31}, size_t{48}, size_t{64});
  ReferenceValues reference = Reference();
  reference.init_data_digest = Bytes(size, 0x1d);
  CHECK(FailedNames(Judge(Kind::kSnp, Evidence(Kind::kSnp), reference)) ==
        std::vector<std::string>{"init_data"});
}

TEST_CASE("Azure evidence that cannot be read at all is no verdict") {
  const std::string tee = GENERATE("az-snp-vtpm", "az-tdx-vtpm");
  const std::string json = GENERATE("", "{}", "[1]", R"({"version":9})");
  const ReferenceValues reference;
  CHECK(absl::IsInvalidArgument(
      Appraise(tee, {.evidence_json = json, .reference = reference}).status()));
}

}  // namespace
}  // namespace attestd::appraisal
