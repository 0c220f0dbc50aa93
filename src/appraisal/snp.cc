// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "appraisal/checks.h"
#include "appraisal/hardware.h"
#include "appraisal/platforms.h"
#include "base/encoding.h"
#include "tee/snp/format/evidence.h"
#include "tee/snp/format/report.h"

namespace attestd::appraisal {
namespace {

using base::Certificate;
using tee::snp::CertEntry;
using tee::snp::CertType;
using tee::snp::Report;
using tee::snp::SnpEvidence;

constexpr size_t kMaxPerEntry = 4;

bool IsCertificate(const CertEntry& entry) {
  return entry.type != CertType::kCrl && entry.type != CertType::kOther;
}

absl::StatusOr<std::vector<Certificate>> ReadEntry(const CertEntry& entry) {
  if (absl::StatusOr<Certificate> der = Certificate::FromDer(entry.data); der.ok()) {
    return std::vector<Certificate>{*std::move(der)};
  }
  return Certificate::ListFromPem(base::AsText(entry.data), kMaxPerEntry);
}

// Those of the evidence; a malformed one is a failed check.
std::vector<Certificate> ReadCertificates(const SnpEvidence& evidence, Appraisal& appraisal) {
  std::vector<Certificate> certificates;
  for (const CertEntry& entry : evidence.certificates) {
    if (!IsCertificate(entry)) {
      continue;
    }
    const absl::StatusOr<std::vector<Certificate>> read = ReadEntry(entry);
    if (!read.ok()) {
      appraisal.checks.push_back({.name = "chain.certificates",
                                  .passed = false,
                                  .expected = "X.509 in DER or PEM",
                                  .found = std::string(read.status().message())});
      continue;
    }
    std::copy(read->begin(), read->end(), std::back_inserter(certificates));
  }
  return certificates;
}

void CheckBinding(const Report& report, const Question& question, Appraisal& appraisal) {
  if (question.report_data.has_value()) {
    appraisal.checks.push_back(
        ComparePadded("report_data", *question.report_data, report.report_data));
  }
  if (question.reference.init_data_digest.has_value()) {
    appraisal.checks.push_back(
        CompareCut("init_data", *question.reference.init_data_digest, report.host_data));
  }
}

Appraisal AppraiseBytes(base::ByteView bytes, std::span<const Certificate> certificates,
                        const Question& question, Appraisal appraisal) {
  CheckSnpReport(bytes, certificates, question.reference, appraisal);
  if (const absl::StatusOr<Report> report = tee::snp::ParseReport(bytes); report.ok()) {
    CheckBinding(*report, question, appraisal);
  }
  return appraisal;
}

absl::StatusOr<Appraisal> AppraiseJson(const Question& question) {
  ASSIGN_OR_RETURN(const SnpEvidence evidence, tee::snp::ParseEvidence(question.evidence_json));
  Appraisal appraisal;
  std::vector<Certificate> certificates = ReadCertificates(evidence, appraisal);
  std::copy(question.certificates.begin(), question.certificates.end(),
            std::back_inserter(certificates));
  const absl::StatusOr<base::Bytes> bytes = tee::snp::EncodeReport(evidence.report);
  if (!bytes.ok()) {
    appraisal.checks.push_back({.name = "report.format",
                                .passed = false,
                                .expected = "a version and processor that are known",
                                .found = std::string(bytes.status().message())});
    return appraisal;
  }
  return AppraiseBytes(*bytes, certificates, question, std::move(appraisal));
}

}  // namespace

absl::StatusOr<Appraisal> AppraiseSnp(const Question& question) {
  if (!question.evidence_json.empty()) {
    return AppraiseJson(question);
  }
  if (question.raw.size() != tee::snp::kReportSize) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "snp report: expected 1184 bytes, found " + std::to_string(question.raw.size()));
  }
  return AppraiseBytes(question.raw, question.certificates, question, {});
}

}  // namespace attestd::appraisal
