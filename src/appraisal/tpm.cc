// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "appraisal/platforms.h"
#include "appraisal/tpm_quote.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/public_key.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm2/format/quote.h"

namespace attestd::appraisal {
namespace {

using tee::tpm::TpmEvidence;

std::string Fingerprint(base::ByteView der) {
  const absl::StatusOr<base::Bytes> digest = base::Hash(base::HashAlgorithm::kSha256, der);
  return digest.ok() ? "sha256:" + base::HexEncode(*digest) : "no digest";
}

Check CheckTrustedAk(const TpmEvidence& evidence, const ReferenceValues& reference) {
  Check check{.name = "ak.trusted", .passed = false, .expected = "", .found = ""};
  for (const base::Bytes& trusted : reference.trusted_aks) {
    check.expected += (check.expected.empty() ? "" : " or ") + Fingerprint(trusted);
    check.passed = check.passed || trusted == evidence.ak_public;
  }
  if (reference.trusted_aks.empty()) {
    check.expected = "a trusted key, but none is configured";
  }
  check.found = Fingerprint(evidence.ak_public);
  return check;
}

// Trustee's rule for this platform: the digest cut, or padded with zeros, to 32 bytes.
std::optional<base::Bytes> ExtraData(const Question& question) {
  if (!question.report_data.has_value()) {
    return std::nullopt;
  }
  base::Bytes expected = base::ToBytes(*question.report_data);
  expected.resize(tee::tpm::kExtraDataSize);
  return expected;
}

}  // namespace

absl::StatusOr<Appraisal> AppraiseTpm(const Question& question) {
  const absl::StatusOr<TpmEvidence> evidence = tee::tpm::ParseEvidence(question.evidence_json);
  if (!evidence.ok()) {
    return base::Annotate(evidence.status(), "tpm evidence");
  }
  Appraisal appraisal;
  // Names as Trustee's "tpm" verifier gives them.
  appraisal.claims = PcrClaims(evidence->pcrs);
  appraisal.claims["ak_public"] = base::Base64Encode(evidence->ak_public);
  appraisal.claims["init_data"] = InitDataClaim(evidence->pcrs);
  appraisal.checks.push_back(CheckTrustedAk(*evidence, question.reference));
  CheckTpmQuote({.prefix = "quote.",
                 .key = base::PublicKey::FromSpkiDer(evidence->ak_public),
                 .message = evidence->message,
                 .signature = tee::tpm2::ParseRsassaSha256(evidence->signature),
                 .pcrs = evidence->pcrs,
                 .extra_data = ExtraData(question)},
                appraisal);
  CheckPcrValues(evidence->pcrs, question, appraisal);
  return appraisal;
}

}  // namespace attestd::appraisal
