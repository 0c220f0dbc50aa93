// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm/tpm_source.h"

#include <algorithm>
#include <utility>

#include "tee/tpm/format/evidence.h"

namespace attestd::tee::tpm {
namespace {

// Quotes taken for one request while the PCRs move.
constexpr int kMaxQuotes = 5;
// Check has no deadline of its own; creating the key may take a slow TPM many seconds.
constexpr absl::Duration kCheckTime = absl::Seconds(60);

bool ReopenMayHelp(const absl::Status& status) {
  return absl::IsUnavailable(status) && base::GetReason(status) == base::Reason::kDeviceFailed;
}

absl::Status BadQuote(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kDeviceFailed,
                          "the TPM's quote failed the check before sending: " + std::string(what));
}

absl::Status CheckSignature(const tpm2::SignedQuote& signed_quote, const base::PublicKey& key) {
  ASSIGN_OR_RETURN(const base::Bytes signature, tpm2::ParseRsassaSha256(signed_quote.signature));
  return key.VerifyRsaPkcs1(base::HashAlgorithm::kSha256, signed_quote.message, signature);
}

// What a verifier will ask of the quote, except for the PCR values.
absl::StatusOr<tpm2::Quote> CheckQuote(const tpm2::SignedQuote& signed_quote,
                                       base::ByteView extra_data, const base::PublicKey& key) {
  absl::StatusOr<tpm2::Quote> quote = tpm2::ParseQuote(signed_quote.message);
  if (!quote.ok()) {
    return BadQuote(std::string(quote.status().message()));
  }
  if (!std::equal(quote->extra_data.begin(), quote->extra_data.end(), extra_data.begin(),
                  extra_data.end())) {
    return BadQuote("extraData is not the report data");
  }
  if (!tpm2::SelectsAllSha256Pcrs(*quote)) {
    return BadQuote("it is not over the sha256 PCRs 0 to 23");
  }
  const absl::Status signature = CheckSignature(signed_quote, key);
  if (!signature.ok()) {
    return BadQuote(std::string(signature.message()));
  }
  return quote;
}

}  // namespace

void TpmSource::Forget() {
  device_->Close();
  ak_.reset();
  pcrs_.reset();
}

absl::Status TpmSource::LoadAk(base::Deadline deadline) {
  ASSIGN_OR_RETURN(base::Bytes spki, device_->EnsureAk(deadline));
  if (ak_.has_value() && ak_->spki == spki) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(base::PublicKey key, base::PublicKey::FromSpkiDer(spki));
  ak_.emplace(Ak{.spki = std::move(spki), .key = std::move(key)});
  return absl::OkStatus();
}

absl::Status TpmSource::Check() {
  const base::Deadline deadline = base::Deadline::After(kCheckTime);
  absl::Status status = LoadAk(deadline);
  if (ReopenMayHelp(status)) {
    Forget();
    status = LoadAk(deadline);
  }
  if (!status.ok()) {
    Forget();
  }
  return status;
}

absl::StatusOr<evidence::Evidence> TpmSource::Collect(const evidence::ReportData& report_data,
                                                      base::Deadline deadline) {
  const base::Bytes extra_data = report_data.Regularized(kExtraDataSize);
  absl::StatusOr<evidence::Evidence> evidence = CollectOnce(extra_data, deadline);
  if (ReopenMayHelp(evidence.status())) {
    Forget();
    evidence = CollectOnce(extra_data, deadline);
  }
  if (!evidence.ok()) {
    Forget();
  }
  return evidence;
}

absl::StatusOr<evidence::Evidence> TpmSource::CollectOnce(base::ByteView extra_data,
                                                          base::Deadline deadline) {
  if (!ak_.has_value()) {
    RETURN_IF_ERROR(LoadAk(deadline));
  }
  for (int i = 0; i < kMaxQuotes; ++i) {
    ASSIGN_OR_RETURN(tpm2::SignedQuote signed_quote, device_->QuotePcrs(extra_data, deadline));
    ASSIGN_OR_RETURN(const tpm2::Quote quote, CheckQuote(signed_quote, extra_data, ak_->key));
    ASSIGN_OR_RETURN(const bool have_pcrs, HaveQuotedPcrs(quote.pcr_digest, deadline));
    if (have_pcrs) {
      return evidence::Evidence{
          .json = FormatEvidence(TpmEvidence{.ak_public = ak_->spki,
                                             .signature = std::move(signed_quote.signature),
                                             .message = std::move(signed_quote.message),
                                             .pcrs = *pcrs_})};
    }
  }
  return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kBusy,
                          "the PCRs keep changing between quote and reading");
}

// Whether pcrs_ are the values that the digest covers; reads them once when they are not.
absl::StatusOr<bool> TpmSource::HaveQuotedPcrs(const base::Bytes& pcr_digest,
                                               base::Deadline deadline) {
  if (pcrs_.has_value()) {
    ASSIGN_OR_RETURN(const base::Bytes digest, tpm2::PcrDigest(*pcrs_));
    if (digest == pcr_digest) {
      return true;
    }
  }
  ASSIGN_OR_RETURN(pcrs_, device_->ReadPcrs(deadline));
  ASSIGN_OR_RETURN(const base::Bytes digest, tpm2::PcrDigest(*pcrs_));
  return digest == pcr_digest;
}

}  // namespace attestd::tee::tpm
