// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "appraisal/appraisal.h"
#include "base/encoding.h"
#include "base/json.h"
#include "tee/azure_vtpm/format/evidence.h"
#include "tee/backend.h"
#include "test/fakes/canned_http_server.h"
#include "test/fakes/snp_signer.h"
#include "test/fakes/tdx_signer.h"
#include "test/support/azure_vtpm.h"

// attestd's Azure backend against a real TPM 2.0 implementation set up as Azure's vTPM, a loopback
// IMDS, and the verifier.
namespace attestd::tee::azure_vtpm {

Backend MakeBackend();

namespace {

using fakes::CannedHttpServer;
using test::AzureVtpm;

#define SKIP_WITHOUT_SWTPM()                 \
  if (!test::Swtpm::Available()) {           \
    WARN("SKIPPED: swtpm is not installed"); \
    return;                                  \
  }                                          \
  static_assert(true)

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

AzureVtpm StartVtpm(Kind kind) {
  auto vtpm = AzureVtpm::Start({.kind = kind, .hardware = [kind](base::ByteView report_data) {
                                  return kind == Kind::kSnp
                                             ? *Snp().Sign(Snp().TypicalReport(report_data))
                                             : fakes::TdxSigner::TdReport(QuoteOver(report_data));
                                }});
  INFO(vtpm.status().ToString());
  REQUIRE(vtpm.ok());
  return *std::move(vtpm);
}

std::string Http(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string Certification() { return Http(base::Json{{"vcekCert", Snp().vcek().ToPem()}}.dump()); }

std::unique_ptr<evidence::EvidenceSource> SourceOn(const AzureVtpm& vtpm,
                                                   const CannedHttpServer& imds,
                                                   int64_t version = 2) {
  const Settings settings = {
      {"tcti", vtpm.tcti()}, {"imds", imds.Url("")}, {"evidence_version", version}};
  REQUIRE(MakeBackend().validate(settings).ok());
  return MakeBackend().create(settings, {});
}

absl::StatusOr<evidence::Evidence> Collect(evidence::EvidenceSource& source,
                                           const base::Bytes& report_data) {
  return source.Collect(*evidence::ReportData::Create(report_data),
                        base::Deadline::After(absl::Seconds(30)));
}

// The first failed check; "" when the verifier is content.
std::string Verdict(std::string_view tee, const absl::StatusOr<evidence::Evidence>& evidence,
                    const base::Bytes& report_data) {
  if (!evidence.ok()) {
    return evidence.status().ToString();
  }
  appraisal::ReferenceValues reference;
  reference.roots = {Snp().ark(), Snp().ask(), Tdx().root()};
  const auto appraisal = appraisal::Appraise(
      tee, {.evidence_json = evidence->json, .report_data = report_data, .reference = reference});
  return appraisal.ok() ? appraisal->FirstFailure() : appraisal.status().ToString();
}

TEST_CASE("Evidence of an Azure SNP guest on a real TPM passes the verifier") {
  SKIP_WITHOUT_SWTPM();
  const AzureVtpm vtpm = StartVtpm(Kind::kSnp);
  const CannedHttpServer imds({Certification()});
  const int version = GENERATE(2, 1, 0);
  const auto source = SourceOn(vtpm, imds, version);
  CHECK(source->tee() == "az-snp-vtpm");
  const absl::Status status = source->Check();
  INFO(status.ToString());
  CHECK(status.ok());
  for (uint8_t i = 0; i < 10; ++i) {
    const base::Bytes report_data(48, i);
    CHECK(Verdict("az-snp-vtpm", Collect(*source, report_data), report_data) == "");
  }
  CHECK(imds.requests().size() == 1);
  // Version 1 and 0 leave user-data alone.
  const auto indexes = vtpm.Tool({"tpm2_getcap", "handles-nv-index"});
  CHECK((indexes->find("0x1400002") != std::string::npos) == (version == 2));
  CHECK(vtpm.Tool({"tpm2_getcap", "handles-transient"})->empty());
}

TEST_CASE("Evidence of an Azure TDX guest on a real TPM passes the verifier") {
  SKIP_WITHOUT_SWTPM();
  const AzureVtpm vtpm = StartVtpm(Kind::kTdx);
  const base::Bytes report_data(48, 0x7d);
  // What the paravisor will publish is known beforehand, and so is the quote over it.
  const auto report =
      ParseHclReport(fakes::HclImage({.kind = Kind::kTdx,
                                      .ak_spki = vtpm.ak_spki(),
                                      .hardware = fakes::UnsignedReport(Kind::kTdx)},
                                     report_data));
  const base::Bytes quote = *Tdx().Quote(QuoteOver(*HardwareReportData(*report)));
  const CannedHttpServer imds({Http(R"({"quote":")" + base::Base64UrlEncode(quote) + R"("})")});
  const auto source = SourceOn(vtpm, imds);
  CHECK(source->tee() == "az-tdx-vtpm");
  const auto evidence = Collect(*source, report_data);
  CHECK(Verdict("az-tdx-vtpm", evidence, report_data) == "");
  // The positive control of the verdicts here.
  CHECK_THAT(Verdict("az-tdx-vtpm", evidence, base::Bytes(48, 0x7e)),
             Catch::StartsWith("report_data: "));
}

TEST_CASE("Case 82: two processes' worth of sources never send each other's report data") {
  SKIP_WITHOUT_SWTPM();
  const AzureVtpm vtpm = StartVtpm(Kind::kSnp);
  constexpr int kThreads = 2;
  constexpr int kRequests = 10;
  std::vector<std::string> verdicts(kThreads * kRequests);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const CannedHttpServer imds({Certification()});
      const auto source = MakeBackend().create(
          {{"tcti", vtpm.tcti()}, {"imds", imds.Url("")}, {"kind", "snp"}}, {});
      for (int i = 0; i < kRequests; ++i) {
        const base::Bytes report_data(48, static_cast<uint8_t>(t * kRequests + i));
        verdicts[static_cast<size_t>(t * kRequests + i)] =
            Verdict("az-snp-vtpm", Collect(*source, report_data), report_data);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const std::string& verdict : verdicts) {
    CHECK(verdict == "");
  }
}

TEST_CASE("A user-data index of another size that is there already does") {
  SKIP_WITHOUT_SWTPM();
  const AzureVtpm vtpm = StartVtpm(Kind::kSnp);
  const std::string size = GENERATE("32", "48", "64", "128");
  REQUIRE(vtpm.Tool({"tpm2_nvdefine", "0x01400002", "-C", "o", "-s", size, "-a",
                     "ownerread|ownerwrite"})
              .ok());
  const CannedHttpServer imds({Certification()});
  const auto source = SourceOn(vtpm, imds);
  const base::Bytes report_data(48, 0x48);
  CHECK(Verdict("az-snp-vtpm", Collect(*source, report_data), report_data) == "");
}

TEST_CASE("Registers of an Azure vTPM are extended and show in its evidence") {
  SKIP_WITHOUT_SWTPM();
  const AzureVtpm vtpm = StartVtpm(Kind::kSnp);
  const CannedHttpServer imds({Certification()});
  const auto source = SourceOn(vtpm, imds);
  const base::Deadline deadline = base::Deadline::After(absl::Seconds(30));
  const base::Bytes report_data(48, 0x48);
  CHECK(Verdict("az-snp-vtpm", Collect(*source, report_data), report_data) == "");
  REQUIRE(source->registers()->Extend(23, base::Bytes(32, 1), deadline).ok());
  REQUIRE(source->BindInitData(base::Bytes(32, 2), deadline).ok());
  const auto evidence = Collect(*source, report_data);
  CHECK(Verdict("az-snp-vtpm", evidence, report_data) == "");
  const auto pcrs = ParseEvidence(Kind::kSnp, evidence->json)->pcrs;
  CHECK(pcrs[23] == *source->registers()->Read(23, deadline));
  CHECK(pcrs[8] != base::Bytes(32));
}

TEST_CASE("The azure_vtpm probe tells an Azure vTPM from another TPM") {
  SKIP_WITHOUT_SWTPM();
  const AzureVtpm vtpm = StartVtpm(Kind::kTdx);
  const ProbeResult azure = MakeBackend().probe({{"tcti", vtpm.tcti()}});
  CHECK(azure.present);
  CHECK_THAT(azure.seen, Catch::Contains("HCL report of az-tdx-vtpm"));
  const auto plain = test::Swtpm::Start();
  REQUIRE(plain.ok());
  const ProbeResult other = MakeBackend().probe({{"tcti", plain->tcti()}});
  CHECK_FALSE(other.present);
  CHECK_THAT(other.seen,
             Catch::Contains(plain->tcti()) && Catch::Contains("no NV index 0x01400001"));
  const auto source = MakeBackend().create({{"tcti", plain->tcti()}, {"kind", "snp"}}, {});
  CHECK(base::GetReason(source->Check()) == base::Reason::kKeyMissing);
}

}  // namespace
}  // namespace attestd::tee::azure_vtpm
