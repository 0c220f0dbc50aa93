// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/esys_device.h"

#include <cstdlib>
#include <utility>

#include "tee/tpm2/pcr.h"
#include "tee/tpm2/signing_key.h"

namespace attestd::tee::tpm2 {

EsysDevice::EsysDevice(std::string tcti, KeyFinder find_key)
    : tcti_(std::move(tcti)), find_key_(std::move(find_key)) {
  // Kept when the user set it. NOLINTNEXTLINE(concurrency-mt-unsafe): see the header.
  static_cast<void>(::setenv("TSS2_LOG", "all+NONE", /*overwrite=*/0));
}

absl::Status EsysDevice::Named(const absl::Status& status) const {
  return status.ok() ? status : base::Annotate(status, tcti_);
}

void EsysDevice::Close() {
  ak_.reset();
  context_.reset();
}

absl::StatusOr<const EsysContext*> EsysDevice::Context() {
  if (!context_.has_value()) {
    absl::StatusOr<EsysContext> context = EsysContext::Open(tcti_);
    RETURN_IF_ERROR(Named(context.status()));
    context_.emplace(*std::move(context));
  }
  return &*context_;
}

absl::StatusOr<ESYS_TR> EsysDevice::Key(base::Deadline deadline) {
  if (!ak_.has_value()) {
    ASSIGN_OR_RETURN(const EsysContext* context, Context());
    absl::StatusOr<AttestationKey> ak = find_key_(*context, deadline);
    RETURN_IF_ERROR(Named(ak.status()));
    ak_.emplace(*std::move(ak));
  }
  return ak_->object.get();
}

absl::StatusOr<base::Bytes> EsysDevice::EnsureAk(base::Deadline deadline) {
  if (!ak_.has_value()) {
    RETURN_IF_ERROR(Key(deadline).status());
    return ak_->spki;
  }
  absl::StatusOr<base::Bytes> spki = ReadSigningKey(*context_, ak_->object.get(), deadline);
  RETURN_IF_ERROR(Named(spki.status()));
  return spki;
}

absl::StatusOr<PcrValues> EsysDevice::ReadPcrs(base::Deadline deadline) {
  ASSIGN_OR_RETURN(const EsysContext* context, Context());
  absl::StatusOr<PcrValues> pcrs = tpm2::ReadPcrs(*context, deadline);
  RETURN_IF_ERROR(Named(pcrs.status()));
  return pcrs;
}

absl::StatusOr<SignedQuote> EsysDevice::QuotePcrs(base::ByteView extra_data,
                                                  base::Deadline deadline) {
  ASSIGN_OR_RETURN(const ESYS_TR key, Key(deadline));
  absl::StatusOr<SignedQuote> quote = tpm2::QuotePcrs(*context_, key, extra_data, deadline);
  RETURN_IF_ERROR(Named(quote.status()));
  return quote;
}

absl::Status EsysDevice::ExtendPcr(uint32_t pcr, base::ByteView digest, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const EsysContext* context, Context());
  return Named(tpm2::ExtendPcr(*context, pcr, digest, deadline));
}

}  // namespace attestd::tee::tpm2
