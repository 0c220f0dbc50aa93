// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "appraisal/checks.h"
#include "appraisal/hardware.h"
#include "appraisal/platforms.h"
#include "appraisal/tpm_quote.h"
#include "base/certificate.h"
#include "base/encoding.h"
#include "tee/azure_vtpm/format/evidence.h"
#include "tee/azure_vtpm/format/hcl_report.h"
#include "tee/tdx/format/quote.h"

// An Azure CVM is judged in three steps: the hardware's report by its maker's keys; the runtime
// data, which names the vTPM's key, by the report data of that report; the quote by that key.
namespace attestd::appraisal {
namespace {

using tee::azure_vtpm::AzureEvidence;
using tee::azure_vtpm::HclReport;
using tee::azure_vtpm::Kind;
using tee::azure_vtpm::RuntimeClaims;

// Version of the evidence from which on the HCL report carries the report data too.
constexpr int kUserDataVersion = 2;

Check Readable(std::string name, std::string what, const absl::Status& status) {
  return {.name = std::move(name),
          .passed = status.ok(),
          .expected = std::move(what),
          .found = status.ok() ? "one" : std::string(status.message())};
}

// "runtime_data": the report data of the hardware's own statement begins with SHA-256 of it.
Check CheckRuntimeData(const HclReport& report, base::ByteView report_data) {
  const absl::StatusOr<base::Bytes> digest = tee::azure_vtpm::RuntimeDataDigest(report);
  const size_t size = digest.ok() ? std::min(digest->size(), report_data.size()) : 0;
  return CompareTexts("runtime_data", digest.ok() ? base::HexEncode(*digest) : "a digest",
                      base::HexEncode(report_data.first(size)));
}

Check CheckUserData(const RuntimeClaims& claims, base::ByteView digest) {
  const base::ByteView found = claims.user_data;
  return CompareTexts("user_data", base::HexEncode(digest),
                      base::HexEncode(found.first(std::min(found.size(), digest.size()))));
}

// The vTPM's own part, once the runtime data can be read or not.
void CheckVtpm(const AzureEvidence& evidence, const absl::StatusOr<RuntimeClaims>& claims,
               const Question& question, Appraisal& appraisal) {
  appraisal.checks.push_back(
      Readable("runtime_data.format", "JSON with the key HCLAkPub", claims.status()));
  std::optional<base::Bytes> extra_data;
  if (question.report_data.has_value()) {
    extra_data = base::ToBytes(*question.report_data);
  }
  CheckTpmQuote({.prefix = "tpm_quote.",
                 .key = claims.ok() ? absl::StatusOr<base::PublicKey>(claims->ak) : claims.status(),
                 .message = evidence.message,
                 .signature = evidence.signature,
                 .pcrs = evidence.pcrs,
                 .extra_data = std::move(extra_data)},
                appraisal);
  if (claims.ok() && evidence.version >= kUserDataVersion && question.report_data.has_value()) {
    appraisal.checks.push_back(CheckUserData(*claims, *question.report_data));
  }
  CheckPcrValues(evidence.pcrs, question, appraisal);
}

// Trustee gives an Azure SNP guest's claims as texts, and the measurement in base64.
void RespellSnpClaims(base::Json& claims) {
  for (auto& [name, value] : claims.items()) {
    if (value.is_number() || value.is_boolean()) {
      value = value.dump();
    }
  }
  const auto measurement = claims.find("measurement");
  if (measurement != claims.end() && measurement->is_string()) {
    const absl::StatusOr<base::Bytes> bytes =
        base::HexDecode(measurement->get_ref<const std::string&>());
    if (bytes.ok()) {
      *measurement = base::Base64Encode(*bytes);
    }
  }
}

void CheckSnp(const AzureEvidence& evidence, const HclReport& report, const Question& question,
              Appraisal& appraisal) {
  std::vector<base::Certificate> certificates(question.certificates.begin(),
                                              question.certificates.end());
  if (!evidence.endorsement.empty()) {
    absl::StatusOr<base::Certificate> vcek = base::Certificate::FromDer(evidence.endorsement);
    appraisal.checks.push_back(Readable("vcek.format", "a certificate in DER", vcek.status()));
    if (vcek.ok()) {
      certificates.insert(certificates.begin(), *std::move(vcek));
    }
  }
  const absl::StatusOr<base::Bytes> report_data = tee::azure_vtpm::HardwareReportData(report);
  appraisal.checks.push_back(
      CheckRuntimeData(report, report_data.ok() ? *report_data : base::Bytes()));
  CheckSnpReport(report.hardware_report, certificates, question.reference, appraisal);
  RespellSnpClaims(appraisal.claims);
}

// What is judged is the TD quote; the TDREPORT in the HCL report is only what it was made from.
void CheckTdx(const AzureEvidence& evidence, const HclReport& report, const Question& question,
              Appraisal& appraisal) {
  const absl::StatusOr<tee::tdx::Quote> quote = tee::tdx::ParseQuote(evidence.endorsement);
  base::ByteView report_data;
  if (quote.ok() && quote->td() != nullptr) {
    report_data = quote->td()->report_data;
  }
  appraisal.checks.push_back(CheckRuntimeData(report, report_data));
  CheckTdQuote(evidence.endorsement, question.reference, appraisal);
}

absl::StatusOr<Appraisal> AppraiseAzure(Kind kind, const Question& question) {
  ASSIGN_OR_RETURN(const AzureEvidence evidence,
                   tee::azure_vtpm::ParseEvidence(kind, question.evidence_json));
  Appraisal appraisal;
  appraisal.claims = base::Json::object();
  const absl::StatusOr<HclReport> report = tee::azure_vtpm::ParseHclReport(evidence.hcl_report);
  appraisal.checks.push_back(Readable("hcl_report.format", "an HCL report", report.status()));
  if (!report.ok()) {
    return appraisal;
  }
  appraisal.checks.push_back(CompareTexts("hcl_report.kind",
                                          std::string(tee::azure_vtpm::TeeName(kind)),
                                          std::string(tee::azure_vtpm::TeeName(report->kind))));
  if (report->kind != kind) {
    return appraisal;
  }
  if (kind == Kind::kSnp) {
    CheckSnp(evidence, *report, question, appraisal);
  } else {
    CheckTdx(evidence, *report, question, appraisal);
  }
  CheckVtpm(evidence, tee::azure_vtpm::ParseRuntimeClaims(report->runtime_data), question,
            appraisal);
  appraisal.claims["tpm"] = PcrClaims(evidence.pcrs);
  appraisal.claims["init_data"] = InitDataClaim(evidence.pcrs);
  return appraisal;
}

}  // namespace

absl::StatusOr<Appraisal> AppraiseAzSnpVtpm(const Question& question) {
  return AppraiseAzure(Kind::kSnp, question);
}

absl::StatusOr<Appraisal> AppraiseAzTdxVtpm(const Question& question) {
  return AppraiseAzure(Kind::kTdx, question);
}

}  // namespace attestd::appraisal
