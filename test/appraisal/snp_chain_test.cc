// SPDX-License-Identifier: Apache-2.0
// Trust in the certificates behind an SNP report; and the verdicts on real reports.
#include <catch2/catch.hpp>
#include <set>

#include "appraisal/appraisal.h"
#include "base/encoding.h"
#include "tee/snp/format/report.h"
#include "test/fakes/snp_signer.h"
#include "test/fakes/x509_issuer.h"
#include "test/support/vectors.h"

namespace attestd::appraisal {
namespace {

using base::Bytes;
using base::Certificate;
using fakes::PrivateKey;
using fakes::SnpSigner;
using tee::snp::Generation;
using Names = std::set<std::string>;

const SnpSigner& Genoa() {
  static const SnpSigner signer = SnpSigner::Create({}).value();
  return signer;
}

Names Failed(base::ByteView report, const std::vector<Certificate>& certificates,
             const ReferenceValues& reference) {
  Names failed;
  const Appraisal appraisal =
      Appraise("snp", {.raw = report, .certificates = certificates, .reference = reference})
          .value();
  for (const Check& check : appraisal.checks) {
    if (!check.passed) {
      failed.insert(check.name);
    }
  }
  return failed;
}

Bytes GoodReport(const SnpSigner& signer) { return signer.Sign(signer.TypicalReport({})).value(); }

// What a recording needs to be judged; nothing when the folder is not there.
struct Recording {
  Bytes report;
  std::vector<Certificate> certificates;
  ReferenceValues reference;
};

absl::StatusOr<std::vector<Certificate>> ReadAny(const std::string& text) {
  if (text.starts_with("-----")) {
    return Certificate::ListFromPem(text);
  }
  ASSIGN_OR_RETURN(Certificate certificate, Certificate::FromDer(base::AsBytes(text)));
  return std::vector<Certificate>{std::move(certificate)};
}

std::optional<Recording> Read(const std::string& report, const std::string& leaf,
                              const std::string& product) {
  const auto bytes = test::ReadVector("snp/" + report);
  const auto leaf_text = test::ReadVector("snp/" + leaf);
  const auto roots = test::ReadVector("snp/roots/" + product + "_ask_ark_asvk.pem");
  if (!bytes.has_value() || !leaf_text.has_value() || !roots.has_value()) {
    return std::nullopt;
  }
  Recording recording;
  recording.report = base::ToBytes(base::AsBytes(*bytes));
  recording.certificates = ReadAny(*leaf_text).value();
  const std::vector<Certificate> root_list = ReadAny(*roots).value();
  std::copy(root_list.begin(), root_list.end(), std::back_inserter(recording.certificates));
  recording.reference.at = absl::FromCivil(absl::CivilDay(2026, 3, 1), absl::UTCTimeZone());
  return recording;
}

Names Failed(const Recording& recording) {
  return Failed(recording.report, recording.certificates, recording.reference);
}

}  // namespace

TEST_CASE("SNP appraisal trusts a root that was given, and no other") {
  const Bytes report = GoodReport(Genoa());
  const std::vector<Certificate> all = {Genoa().vcek(), Genoa().ask(), Genoa().ark()};
  ReferenceValues reference;
  CHECK(Failed(report, all, reference) == Names{"chain.root"});
  reference.roots = {Genoa().ark()};
  CHECK(Failed(report, all, reference) == Names{});
  CHECK(Failed(report, {Genoa().vcek(), Genoa().ask()}, reference) == Names{});

  const SnpSigner other = SnpSigner::Create({}).value();
  reference.roots = {other.ark()};
  CHECK(Failed(report, all, reference) == Names{"chain.root"});
}

TEST_CASE("SNP appraisal needs each link of the chain") {
  const Bytes report = GoodReport(Genoa());
  ReferenceValues reference;
  reference.roots = {Genoa().ark()};
  const SnpSigner other = SnpSigner::Create({}).value();
  const Names broken = {"chain.signatures", "chain.product", "chain.root"};
  CHECK(Failed(report, {Genoa().vcek()}, reference) == broken);
  CHECK(Failed(report, {Genoa().vcek(), other.ask()}, reference) == broken);
  reference.roots = {other.ark()};
  CHECK(Failed(report, {Genoa().vcek(), Genoa().ask()}, reference) == broken);
  reference.roots = {Genoa().ark()};
  CHECK(Failed(report, {other.vcek(), Genoa().ask()}, reference) ==
        Names{"chain.signatures", "chain.product", "chain.root", "report.signature"});
  CHECK(Failed(report, {Genoa().ask()}, reference) == Names{"chain.signatures", "chain.product",
                                                            "chain.root", "chain.dates",
                                                            "report.signature"});
}

TEST_CASE("SNP appraisal finds the VCEK that signed among several") {
  const SnpSigner other = SnpSigner::Create({}).value();
  ReferenceValues reference;
  reference.roots = {Genoa().ark()};
  CHECK(Failed(GoodReport(Genoa()), {other.vcek(), other.ask(), Genoa().vcek(), Genoa().ask()},
               reference) == Names{});
}

TEST_CASE("SNP appraisal judges every link by the clock it was given") {
  const Bytes report = GoodReport(Genoa());
  const std::vector<Certificate> certificates = {Genoa().vcek(), Genoa().ask()};
  ReferenceValues reference;
  reference.roots = {Genoa().ark()};
  REQUIRE(Failed(report, certificates, reference) == Names{});
  reference.at = absl::Now() + absl::Hours(24 * 4000);
  CHECK(Failed(report, certificates, reference) == Names{"chain.dates"});
  reference.at = absl::Now() - absl::Hours(48);
  CHECK(Failed(report, certificates, reference) == Names{"chain.dates"});
}

TEST_CASE("SNP appraisal refuses an intermediate that is out of date") {
  const PrivateKey root_key = PrivateKey::Rsa(2048).value();
  const PrivateKey middle_key = PrivateKey::Rsa(2048).value();
  const Certificate root =
      fakes::IssueCertificate({.subject = "ARK-Genoa", .issuer = "ARK-Genoa", .ca = true}, root_key,
                              root_key)
          .value();
  const auto chain_until = [&](absl::Time end) {
    const Certificate middle =
        fakes::IssueCertificate(
            {.subject = "SEV-Genoa", .issuer = "ARK-Genoa", .not_after = end, .ca = true},
            middle_key, root_key)
            .value();
    const Certificate leaf =
        fakes::IssueCertificate({.subject = "SEV-VCEK", .issuer = "SEV-Genoa"},
                                PrivateKey::Ec(base::PublicKey::Curve::kP384).value(), middle_key)
            .value();
    ReferenceValues reference;
    reference.roots = {root};
    return Failed(GoodReport(Genoa()), {leaf, middle}, reference);
  };
  const Names other_key = {"report.signature", "report.tcb", "report.chip_id"};
  CHECK(chain_until(absl::Now() + absl::Hours(1)) == other_key);
  Names expired = other_key;
  expired.insert("chain.dates");
  CHECK(chain_until(absl::Now() - absl::Hours(1)) == expired);
}

TEST_CASE("SNP appraisal wants the certificate of the key that the report names") {
  const SnpSigner vlek = SnpSigner::Create({.vlek = true}).value();
  ReferenceValues reference;
  reference.roots = {vlek.ark()};
  tee::snp::Report report = vlek.TypicalReport({});
  const std::vector<Certificate> certificates = {vlek.vcek(), vlek.ask()};
  REQUIRE(Failed(vlek.Sign(report).value(), certificates, reference) == Names{});
  for (const uint32_t signing_key : {0U, 2U, 7U}) {
    report.key_info = signing_key << 2;
    CHECK(Failed(vlek.Sign(report).value(), certificates, reference).count("chain.signatures") ==
          1);
  }
}

TEST_CASE("SNP appraisal does not ask a masked chip for its id") {
  ReferenceValues reference;
  reference.roots = {Genoa().ark()};
  const std::vector<Certificate> certificates = {Genoa().vcek(), Genoa().ask()};
  tee::snp::Report report = Genoa().TypicalReport({});
  report.chip_id.fill(0);
  CHECK(Failed(Genoa().Sign(report).value(), certificates, reference) == Names{"report.chip_id"});
  report.key_info = 2;  // mask_chip_key
  CHECK(Failed(Genoa().Sign(report).value(), certificates, reference) == Names{});
}

TEST_CASE("SNP appraisal gives real reports their right verdicts") {
  struct Row {
    std::string report;
    std::string leaf;
    std::string product;
    Names failed;
  };
  const auto row = GENERATE(values<Row>(
      {{"e2e/report.bin", "e2e/vcek.der", "genoa", {}},
       {"ms-milan/report.bin", "ms-milan/vcek.pem", "milan", {}},
       {"milan-v2-vcek/report.bin", "milan-v2-vcek/vcek.der", "milan", {"report.version"}},
       {"milan-v3-vlek-vmpl1/report.bin",
        "milan-v3-vlek-vmpl1/vlek.der",
        "milan",
        {"report.vmpl", "chain.dates"}},
       {"e2e/report.bin",
        "e2e/vcek.der",
        "milan",
        {"chain.signatures", "chain.product", "chain.root"}},
       {"milan-v2-vcek/report.bin",
        "negative/vcek-invalid-legacy.der",
        "milan",
        {"report.version", "chain.signatures", "chain.product", "chain.root", "report.signature",
         "report.tcb", "report.chip_id"}},
       {"milan-v2-vcek/report.bin",
        "negative/vcek-invalid-new.der",
        "milan",
        {"report.version", "chain.signatures", "chain.product", "chain.root", "report.signature",
         "report.tcb", "report.chip_id"}}}));
  const auto recording = Read(row.report, row.leaf, row.product);
  if (!recording.has_value()) {
    return;
  }
  INFO(row.report << " with " << row.leaf << " under " << row.product);
  CHECK(Failed(*recording) == row.failed);
}

TEST_CASE("SNP appraisal notices Trustee's two changes to a real report") {
  auto recording = Read("ms-milan/report.bin", "ms-milan/vcek.pem", "milan");
  if (!recording.has_value()) {
    return;
  }
  REQUIRE(Failed(*recording) == Names{});
  recording->report[42] ^= 1;
  CHECK(Failed(*recording) == Names{"report.signature"});
  recording->report[42] ^= 1;
  recording->report[384] ^= 1;
  CHECK(Failed(*recording) == Names{"report.signature", "report.tcb"});
}

TEST_CASE("SNP appraisal reads a HWID in its newer wrapping") {
  const auto recording = Read("milan-v2-vcek/report.bin", "negative/vcek-invalid-new.der", "milan");
  if (!recording.has_value()) {
    return;
  }
  const Appraisal appraisal = Appraise("snp", {.raw = recording->report,
                                               .certificates = recording->certificates,
                                               .reference = recording->reference})
                                  .value();
  for (const Check& check : appraisal.checks) {
    if (check.name == "report.chip_id") {
      CHECK(check.expected.substr(0, 8) == "00010203");
    }
  }
}

}  // namespace attestd::appraisal
