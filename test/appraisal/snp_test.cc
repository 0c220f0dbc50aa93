// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "appraisal/appraisal.h"
#include "tee/snp/format/evidence.h"
#include "test/fakes/snp_signer.h"
#include "test/fakes/x509_issuer.h"

namespace attestd::appraisal {
namespace {

using base::Bytes;
using base::Certificate;
using fakes::SnpSigner;
using fakes::SnpSignerSpec;
using tee::snp::Generation;
using tee::snp::Report;

const Bytes kReportData(48, 0x5a);

// One of a kind is enough: RSA keys are slow to make.
const SnpSigner& Genoa() {
  static const SnpSigner signer = SnpSigner::Create({}).value();
  return signer;
}

ReferenceValues TrustIn(const SnpSigner& signer) {
  ReferenceValues reference;
  reference.roots = {signer.ark()};
  return reference;
}

struct Judged {
  std::set<std::string> failed;
  Appraisal appraisal;
};

Judged JudgeRaw(const Bytes& report, const std::vector<Certificate>& certificates,
                const ReferenceValues& reference) {
  const Question question = {.raw = report,
                             .certificates = certificates,
                             .report_data = kReportData,
                             .reference = reference};
  Judged judged{.failed = {}, .appraisal = Appraise("snp", question).value()};
  for (const Check& check : judged.appraisal.checks) {
    if (!check.passed) {
      judged.failed.insert(check.name);
      CHECK_FALSE(check.expected.empty());
      CHECK(check.expected != check.found);
    }
  }
  CHECK(judged.failed.empty() == judged.appraisal.passed());
  return judged;
}

Bytes Signed(const SnpSigner& signer, const Report& report) { return signer.Sign(report).value(); }

std::set<std::string> FailedFor(const SnpSigner& signer, const Report& report) {
  return JudgeRaw(Signed(signer, report), {signer.vcek(), signer.ask()}, TrustIn(signer)).failed;
}

// The names of the checks that fail when only `change` was done to a good report.
template <typename Change>
std::set<std::string> FailedAfter(const SnpSigner& signer, Change change) {
  Report report = signer.TypicalReport(kReportData);
  REQUIRE(FailedFor(signer, report).empty());
  change(report);
  return FailedFor(signer, report);
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("SNP appraisal passes a good report of each processor, signed by VCEK or VLEK") {
  const SnpSignerSpec spec =
      GENERATE(SnpSignerSpec{.generation = Generation::kMilan},
               SnpSignerSpec{.generation = Generation::kGenoa, .wrapped_hwid = true},
               SnpSignerSpec{.generation = Generation::kTurin},
               SnpSignerSpec{.generation = Generation::kTurin, .wrapped_hwid = true},
               SnpSignerSpec{.generation = Generation::kMilan, .vlek = true});
  const SnpSigner signer = SnpSigner::Create(spec).value();
  const Report report = signer.TypicalReport(kReportData);
  CHECK(FailedFor(signer, report) == Names{});
}

TEST_CASE("SNP appraisal asks every question by name") {
  Names asked;
  const Judged judged = JudgeRaw(Signed(Genoa(), Genoa().TypicalReport(kReportData)),
                                 {Genoa().vcek(), Genoa().ask()}, TrustIn(Genoa()));
  for (const Check& check : judged.appraisal.checks) {
    asked.insert(check.name);
  }
  CHECK(asked == Names{"report.version", "report.processor", "report.format", "chain.signatures",
                       "chain.product", "chain.root", "chain.dates", "report.signature",
                       "report.tcb", "report.chip_id", "report.vmpl", "report.debug",
                       "report_data"});
}

TEST_CASE("SNP appraisal gives the claims in Trustee's words") {
  Report report = Genoa().TypicalReport(kReportData);
  report.policy = 0x3001f;
  const base::Json claims =
      JudgeRaw(Signed(Genoa(), report), {Genoa().vcek(), Genoa().ask()}, TrustIn(Genoa()))
          .appraisal.claims;
  CHECK(claims["policy_abi_minor"] == 0x1f);
  CHECK(claims["policy_abi_major"] == 0);
  CHECK(claims["policy_smt_allowed"] == true);
  CHECK(claims["policy_debug_allowed"] == false);
  CHECK(claims["platform_smt_enabled"] == true);
  CHECK(claims["platform_tsme_enabled"] == false);
  CHECK(claims["reported_tcb_microcode"] == 72);
  CHECK(claims["measurement"].get<std::string>().substr(0, 4) == "abab");
  CHECK(claims["chip_id"].get<std::string>().substr(0, 4) == "c11d");
  CHECK(claims["init_data"] == std::string(64, '0'));
}

TEST_CASE("SNP appraisal fails the one check that a field makes wrong") {
  const SnpSigner& signer = Genoa();
  CHECK(FailedAfter(signer, [](Report& r) { r.vmpl = 1; }) == Names{"report.vmpl"});
  CHECK(FailedAfter(signer, [](Report& r) { r.policy |= tee::snp::kPolicyDebug; }) ==
        Names{"report.debug"});
  CHECK(FailedAfter(signer, [](Report& r) { r.report_data[0] ^= 1; }) == Names{"report_data"});
  CHECK(FailedAfter(signer, [](Report& r) { r.report_data[63] = 1; }) == Names{"report_data"});
  CHECK(FailedAfter(signer, [](Report& r) { r.chip_id[63] ^= 1; }) == Names{"report.chip_id"});
  CHECK(FailedAfter(signer, [](Report& r) { ++r.reported_tcb.bootloader; }) == Names{"report.tcb"});
  CHECK(FailedAfter(signer, [](Report& r) { ++r.reported_tcb.tee; }) == Names{"report.tcb"});
  CHECK(FailedAfter(signer, [](Report& r) { ++r.reported_tcb.snp; }) == Names{"report.tcb"});
  CHECK(FailedAfter(signer, [](Report& r) { ++r.reported_tcb.microcode; }) == Names{"report.tcb"});
  CHECK(FailedAfter(signer, [](Report& r) { ++r.current_tcb.microcode; }) == Names{});
  CHECK(FailedAfter(signer, [](Report& r) { r.sig_algo = 2; }) == Names{"report.signature"});
  CHECK(FailedAfter(signer, [](Report& r) { r.cpuid_mod_id = 0x01; }) == Names{"chain.product"});
}

TEST_CASE("SNP appraisal compares the FMC on Turin") {
  const SnpSigner turin = SnpSigner::Create({.generation = Generation::kTurin}).value();
  CHECK(FailedAfter(turin, [](Report& r) { ++*r.reported_tcb.fmc; }) == Names{"report.tcb"});
  CHECK(FailedAfter(turin, [](Report& r) { r.chip_id[8] = 1; }) == Names{"report.chip_id"});
}

TEST_CASE("SNP appraisal refuses version 2 by name and judges the rest") {
  const SnpSigner milan = SnpSigner::Create({.generation = Generation::kMilan,
                                             .chip_id =
                                                 [] {
                                                   std::array<uint8_t, 64> id{};
                                                   id.fill(0xc1);
                                                   return id;
                                                 }()})
                              .value();
  CHECK(FailedAfter(milan, [](Report& r) {
          r.version = 2;
          r.cpuid_fam_id = r.cpuid_mod_id = r.cpuid_step = std::nullopt;
        }) == Names{"report.version"});
}

TEST_CASE("SNP appraisal lets debugging pass where it is allowed") {
  Report report = Genoa().TypicalReport(kReportData);
  report.policy |= tee::snp::kPolicyDebug;
  ReferenceValues reference = TrustIn(Genoa());
  const std::vector<Certificate> certificates = {Genoa().vcek(), Genoa().ask()};
  CHECK_FALSE(JudgeRaw(Signed(Genoa(), report), certificates, reference).failed.empty());
  reference.allow_debug = true;
  CHECK(JudgeRaw(Signed(Genoa(), report), certificates, reference).failed.empty());
}

TEST_CASE("SNP appraisal refuses a report that was changed after signing") {
  const Bytes good = Signed(Genoa(), Genoa().TypicalReport(kReportData));
  const std::vector<Certificate> certificates = {Genoa().vcek(), Genoa().ask()};
  const ReferenceValues reference = TrustIn(Genoa());
  REQUIRE(JudgeRaw(good, certificates, reference).failed.empty());
  Bytes bytes = good;
  bytes[42] ^= 1;  // image_id
  CHECK(JudgeRaw(bytes, certificates, reference).failed == Names{"report.signature"});
  bytes = good;
  bytes[tee::snp::kSignedSize] ^= 1;
  CHECK(JudgeRaw(bytes, certificates, reference).failed == Names{"report.signature"});
  bytes = good;
  bytes[tee::snp::kSignedSize + 48] = 1;  // behind the 48 bytes of r
  CHECK(JudgeRaw(bytes, certificates, reference).failed == Names{"report.signature"});
}

TEST_CASE("SNP appraisal refuses what it cannot read, by name") {
  const ReferenceValues reference = TrustIn(Genoa());
  Bytes bytes = Signed(Genoa(), Genoa().TypicalReport(kReportData));
  bytes[0x4c] = 1;  // reserved
  CHECK(JudgeRaw(bytes, {}, reference).failed == Names{"report.format"});
  bytes[0x4c] = 0;
  bytes[0x188] = 0x17;  // family of Zen 1
  CHECK(JudgeRaw(bytes, {}, reference).failed == Names{"report.processor", "report.format"});
  bytes[0] = 255;
  CHECK(JudgeRaw(bytes, {}, reference).failed ==
        Names{"report.version", "report.processor", "report.format"});
  bytes.pop_back();
  CHECK(absl::IsInvalidArgument(Appraise("snp", {.raw = bytes, .reference = reference}).status()));
  CHECK(absl::IsInvalidArgument(
      Appraise("snp", {.evidence_json = "{}", .reference = reference}).status()));
}

TEST_CASE("SNP appraisal judges the evidence as an attester sends it") {
  ReferenceValues reference;
  reference.roots = {Genoa().ark()};
  tee::snp::SnpEvidence evidence;
  Report report = Genoa().TypicalReport(kReportData);
  report.host_data.fill(0x77);
  evidence.report = tee::snp::ParseReport(Signed(Genoa(), report)).value();
  evidence.certificates = tee::snp::ParseCertTable(Genoa().CertTable().value()).value();
  const auto passed = [&] {
    const std::string json = tee::snp::FormatEvidence(evidence);
    return Appraise("snp",
                    {.evidence_json = json, .report_data = kReportData, .reference = reference})
        .value()
        .FirstFailure();
  };
  CHECK(passed().empty());
  reference.init_data_digest = Bytes(48, 0x77);
  CHECK(passed().empty());
  reference.init_data_digest = Bytes(31, 0x77);
  CHECK(passed().starts_with("init_data: "));
  reference.init_data_digest.reset();

  evidence.certificates[0].data = base::ToBytes(base::AsBytes(Genoa().vcek().ToPem()));
  CHECK(passed().empty());
  evidence.certificates[0].data = {1, 2, 3};
  CHECK(passed().starts_with("chain.certificates: "));
  evidence.certificates[0].data = Genoa().vcek().ToDer();
  evidence.report.version = 9;
  evidence.report.launch_mit_vector = evidence.report.current_mit_vector = 0;
  CHECK(passed().starts_with("report.format: "));
}

}  // namespace attestd::appraisal
