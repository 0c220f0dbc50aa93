// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/quoting_tpm.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/hash.h"

namespace attestd::tee::tpm2 {
namespace {

// Quotes taken for one request while the PCRs move.
constexpr int kMaxQuotes = 5;

absl::Status BadQuote(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                          "the TPM's quote failed the check before sending: " + std::string(what));
}

// What a verifier will ask of the quote, except for the PCR values.
absl::StatusOr<Quote> CheckQuote(const SignedQuote& signed_quote, base::ByteView extra_data) {
  absl::StatusOr<Quote> quote = ParseQuote(signed_quote.message);
  if (!quote.ok()) {
    return BadQuote(std::string(quote.status().message()));
  }
  if (!std::equal(quote->extra_data.begin(), quote->extra_data.end(), extra_data.begin(),
                  extra_data.end())) {
    return BadQuote("extraData is not the report data");
  }
  if (!SelectsAllSha256Pcrs(*quote)) {
    return BadQuote("it is not over the sha256 PCRs 0 to 23");
  }
  return quote;
}

absl::StatusOr<base::Bytes> CheckSignature(const SignedQuote& signed_quote,
                                           const base::PublicKey& key) {
  absl::StatusOr<base::Bytes> bare = ParseRsassaSha256(signed_quote.signature);
  if (!bare.ok()) {
    return BadQuote(std::string(bare.status().message()));
  }
  const absl::Status status =
      key.VerifyRsaPkcs1(base::HashAlgorithm::kSha256, signed_quote.message, *bare);
  if (!status.ok()) {
    return BadQuote(std::string(status.message()));
  }
  return bare;
}

}  // namespace

bool ReopenMayHelp(const absl::Status& status) {
  return absl::IsUnavailable(status) && base::GetReason(status) == base::Reason::kDeviceFailed;
}

void QuotingTpm::Forget() {
  device_.Close();
  ak_.reset();
  pcrs_.reset();
}

absl::StatusOr<base::Bytes> QuotingTpm::ReloadAk(base::Deadline deadline) {
  ASSIGN_OR_RETURN(base::Bytes spki, device_.EnsureAk(deadline));
  if (!ak_.has_value() || ak_->spki != spki) {
    ASSIGN_OR_RETURN(base::PublicKey key, base::PublicKey::FromSpkiDer(spki));
    ak_.emplace(KnownAk{.spki = std::move(spki), .key = std::move(key)});
  }
  return ak_->spki;
}

absl::StatusOr<base::Bytes> QuotingTpm::Ak(base::Deadline deadline) {
  return ak_.has_value() ? ak_->spki : ReloadAk(deadline);
}

absl::StatusOr<CheckedQuote> QuotingTpm::Quote(base::ByteView extra_data, base::Deadline deadline) {
  RETURN_IF_ERROR(Ak(deadline).status());
  for (int i = 0; i < kMaxQuotes; ++i) {
    ASSIGN_OR_RETURN(SignedQuote signed_quote, device_.QuotePcrs(extra_data, deadline));
    ASSIGN_OR_RETURN(const tpm2::Quote quote, CheckQuote(signed_quote, extra_data));
    ASSIGN_OR_RETURN(base::Bytes bare, CheckSignature(signed_quote, ak_->key));
    ASSIGN_OR_RETURN(const bool have_pcrs, HaveQuotedPcrs(quote.pcr_digest, deadline));
    if (have_pcrs) {
      return CheckedQuote{
          .quote = std::move(signed_quote), .bare_signature = std::move(bare), .pcrs = *pcrs_};
    }
  }
  return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kBusy,
                          "the PCRs keep changing between quote and reading");
}

// Whether pcrs_ are the values that the digest covers; reads them once when they are not.
absl::StatusOr<bool> QuotingTpm::HaveQuotedPcrs(const base::Bytes& pcr_digest,
                                                base::Deadline deadline) {
  if (pcrs_.has_value()) {
    ASSIGN_OR_RETURN(const base::Bytes digest, PcrDigest(*pcrs_));
    if (digest == pcr_digest) {
      return true;
    }
  }
  ASSIGN_OR_RETURN(pcrs_, device_.ReadPcrs(deadline));
  ASSIGN_OR_RETURN(const base::Bytes digest, PcrDigest(*pcrs_));
  return digest == pcr_digest;
}

absl::StatusOr<base::Bytes> QuotingTpm::ReadPcr(uint64_t pcr, base::Deadline deadline) {
  if (pcr >= kPcrCount) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "no PCR " + std::to_string(pcr) + ": a TPM has PCR 0 to 23");
  }
  ASSIGN_OR_RETURN(pcrs_, WithFreshConnection([&] { return device_.ReadPcrs(deadline); }));
  return pcrs_->at(static_cast<size_t>(pcr));
}

absl::Status QuotingTpm::ExtendPcr(uint32_t pcr, base::ByteView digest, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const base::Bytes before, ReadPcr(pcr, deadline));
  ASSIGN_OR_RETURN(const base::Bytes after,
                   base::ExtendedValue(base::HashAlgorithm::kSha256, before, digest));
  absl::Status status = device_.ExtendPcr(pcr, digest, deadline);
  if (status.ok()) {
    return status;
  }
  Forget();
  if (!ReopenMayHelp(status)) {
    return status;
  }
  ASSIGN_OR_RETURN(const base::Bytes now, ReadPcr(pcr, deadline));
  if (now == after) {
    return absl::OkStatus();
  }
  if (now != before) {
    return base::Annotate(status, "PCR " + std::to_string(pcr) +
                                      " was extended by another meanwhile, so that it does not "
                                      "tell whether this extend happened");
  }
  status = device_.ExtendPcr(pcr, digest, deadline);
  if (!status.ok()) {
    Forget();
  }
  return status;
}

}  // namespace attestd::tee::tpm2
