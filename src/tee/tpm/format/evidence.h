// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM_FORMAT_EVIDENCE_H_
#define ATTESTD_TEE_TPM_FORMAT_EVIDENCE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "tee/tpm2/format/quote.h"

namespace attestd::tee::tpm {

// Size of extraData in this evidence: Trustee's "tpm" verifier compares 32 bytes.
constexpr size_t kExtraDataSize = 32;

// The "tpm" evidence: {"ak_public": base64 DER SPKI, "tpm_quote": {"signature": base64
// TPMT_SIGNATURE, "message": base64 TPMS_ATTEST, "pcrs": [24 x hex]}}.
struct TpmEvidence {
  base::Bytes ak_public;  // DER SubjectPublicKeyInfo
  base::Bytes signature;  // TPMT_SIGNATURE
  base::Bytes message;    // TPMS_ATTEST
  tpm2::PcrValues pcrs;
};

std::string FormatEvidence(const TpmEvidence& evidence);
// InvalidArgument naming the member that is missing or malformed.
absl::StatusOr<TpmEvidence> ParseEvidence(std::string_view json);

}  // namespace attestd::tee::tpm

#endif  // ATTESTD_TEE_TPM_FORMAT_EVIDENCE_H_
