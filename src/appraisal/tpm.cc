// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "appraisal/platforms.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/public_key.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm2/format/quote.h"

namespace attestd::appraisal {
namespace {

using tee::tpm::TpmEvidence;
using tee::tpm2::Quote;

// Trust in a shorter RSA key is not justified any more (NIST SP 800-131A rev. 2, table 2).
constexpr int kMinRsaBits = 2048;
// Trustee takes the digest of the init data from this PCR.
constexpr size_t kInitDataPcr = 8;

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

Check CheckAkSize(const absl::StatusOr<base::PublicKey>& key) {
  return {.name = "ak.size",
          .passed = key.ok() && key->bits() >= kMinRsaBits,
          .expected = "RSA of at least " + std::to_string(kMinRsaBits) + " bits",
          .found = key.ok() ? std::to_string(key->bits()) + " bits"
                            : std::string(key.status().message())};
}

absl::Status VerifySignature(const TpmEvidence& evidence,
                             const absl::StatusOr<base::PublicKey>& key) {
  RETURN_IF_ERROR(key.status());
  ASSIGN_OR_RETURN(const base::Bytes signature, tee::tpm2::ParseRsassaSha256(evidence.signature));
  return key->VerifyRsaPkcs1(base::HashAlgorithm::kSha256, evidence.message, signature);
}

Check CheckSignature(const TpmEvidence& evidence, const absl::StatusOr<base::PublicKey>& key) {
  const absl::Status status = VerifySignature(evidence, key);
  return {.name = "quote.signature",
          .passed = status.ok(),
          .expected = "RSASSA-SHA256 by the AK over the message",
          .found = status.ok() ? "a valid one" : std::string(status.message())};
}

std::string Describe(const Quote& quote) {
  std::string text;
  for (const tee::tpm2::PcrSelection& selection : quote.pcr_selections) {
    text += (text.empty() ? "bank " : ", bank ") + std::to_string(selection.hash) + " bitmap " +
            base::HexEncode(selection.select);
  }
  return text.empty() ? "none" : text;
}

Check CheckSelection(const Quote& quote) {
  return {.name = "pcr.selection",
          .passed = tee::tpm2::SelectsAllSha256Pcrs(quote),
          .expected = "the sha256 bank (11), PCR 0 to 23",
          .found = Describe(quote)};
}

Check CheckPcrDigest(const Quote& quote, const TpmEvidence& evidence) {
  const absl::StatusOr<base::Bytes> digest = tee::tpm2::PcrDigest(evidence.pcrs);
  return CompareTexts("pcr.digest", digest.ok() ? base::HexEncode(*digest) : "a digest",
                      base::HexEncode(quote.pcr_digest));
}

// Trustee's rule for this platform: the digest cut, or padded with zeros, to 32 bytes.
Check CheckReportData(const Quote& quote, base::ByteView digest) {
  base::Bytes expected = base::ToBytes(digest);
  expected.resize(tee::tpm::kExtraDataSize);
  return CompareTexts("report_data", base::HexEncode(expected), base::HexEncode(quote.extra_data));
}

// Every check that needs the message to be readable.
void CheckQuote(const TpmEvidence& evidence, const Question& question, Appraisal& appraisal) {
  const absl::StatusOr<Quote> quote = tee::tpm2::ParseQuote(evidence.message);
  appraisal.checks.push_back({.name = "quote.format",
                              .passed = quote.ok(),
                              .expected = "a TPMS_ATTEST made by a TPM, of type quote",
                              .found = quote.ok() ? "one" : std::string(quote.status().message())});
  if (!quote.ok()) {
    return;
  }
  appraisal.checks.push_back(CheckSelection(*quote));
  appraisal.checks.push_back(CheckPcrDigest(*quote, evidence));
  if (question.report_data.has_value()) {
    appraisal.checks.push_back(CheckReportData(*quote, *question.report_data));
  }
  appraisal.claims["report_data"] = base::HexEncode(quote->extra_data);
}

Check CheckPcr(const TpmEvidence& evidence, int index, const base::Bytes& expected) {
  const auto position = static_cast<size_t>(index);
  const bool exists = index >= 0 && position < evidence.pcrs.size();
  return CompareTexts("pcr." + std::to_string(index), base::HexEncode(expected),
                      exists ? base::HexEncode(evidence.pcrs.at(position)) : "no such PCR");
}

// Names as Trustee's "tpm" verifier gives them.
base::Json Claims(const TpmEvidence& evidence) {
  base::Json claims = {{"ak_public", base::Base64Encode(evidence.ak_public)},
                       {"init_data", base::HexEncode(evidence.pcrs.at(kInitDataPcr))}};
  for (size_t index = 0; index < evidence.pcrs.size(); ++index) {
    const std::string number = std::to_string(index);
    claims["pcr" + std::string(2 - number.size(), '0') + number] =
        base::HexEncode(evidence.pcrs.at(index));
  }
  return claims;
}

}  // namespace

absl::StatusOr<Appraisal> AppraiseTpm(const Question& question) {
  const absl::StatusOr<TpmEvidence> evidence = tee::tpm::ParseEvidence(question.evidence_json);
  if (!evidence.ok()) {
    return base::Annotate(evidence.status(), "tpm evidence");
  }
  const absl::StatusOr<base::PublicKey> key = base::PublicKey::FromSpkiDer(evidence->ak_public);
  Appraisal appraisal;
  appraisal.claims = Claims(*evidence);
  appraisal.checks.push_back(CheckTrustedAk(*evidence, question.reference));
  appraisal.checks.push_back(CheckAkSize(key));
  appraisal.checks.push_back(CheckSignature(*evidence, key));
  CheckQuote(*evidence, question, appraisal);
  for (const auto& [index, expected] : question.reference.expected_pcrs) {
    appraisal.checks.push_back(CheckPcr(*evidence, index, expected));
  }
  return appraisal;
}

}  // namespace attestd::appraisal
