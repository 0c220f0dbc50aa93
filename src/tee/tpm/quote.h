// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM_QUOTE_H_
#define ATTESTD_TEE_TPM_QUOTE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

// Pure parsers of TPM 2.0 structures and of the "tpm" evidence; no device, no tss2.
namespace attestd::tee::tpm {

constexpr size_t kPcrCount = 24;
constexpr size_t kSha256Size = 32;
// Size of extraData in this evidence: Trustee's "tpm" verifier compares 32 bytes.
constexpr size_t kExtraDataSize = 32;

using PcrValues = std::array<base::Bytes, kPcrCount>;  // sha256 bank, PCR 0 to 23

// One TPMS_PCR_SELECTION (part 2, 10.6.2).
struct PcrSelection {
  uint16_t hash = 0;   // TPM_ALG_ID; 0x000b is SHA-256
  base::Bytes select;  // bitmap, PCR 0 is bit 0 of byte 0
};

// TPMS_ATTEST of a quote (TPM 2.0 library, part 2, 10.12.12). Big-endian on the wire.
struct Quote {
  base::Bytes qualified_signer;
  base::Bytes extra_data;
  uint64_t clock = 0;
  uint32_t reset_count = 0;
  uint32_t restart_count = 0;
  bool safe = false;
  uint64_t firmware_version = 0;
  std::vector<PcrSelection> pcr_selections;
  base::Bytes pcr_digest;
};

// InvalidArgument when the magic is not TPM_GENERATED (0xff544347), the type is not
// TPM_ST_ATTEST_QUOTE (0x8018), anything is cut short or bytes are left over.
absl::StatusOr<Quote> ParseQuote(base::ByteView message);

// The bare RSA signature inside a TPMT_SIGNATURE with RSASSA and SHA-256 (part 2, 11.3.4).
absl::StatusOr<base::Bytes> ParseRsassaSha256(base::ByteView signature);

// True when exactly one selection is there: SHA-256, all of PCR 0 to 23.
bool SelectsAllSha256Pcrs(const Quote& quote);

// SHA-256 over the concatenated PCR values, as TPM2_Quote computes it.
absl::StatusOr<base::Bytes> PcrDigest(const PcrValues& pcrs);

// The "tpm" evidence: {"ak_public": base64 DER SPKI, "tpm_quote": {"signature": base64
// TPMT_SIGNATURE, "message": base64 TPMS_ATTEST, "pcrs": [24 x hex]}}.
struct TpmEvidence {
  base::Bytes ak_public;  // DER SubjectPublicKeyInfo
  base::Bytes signature;  // TPMT_SIGNATURE
  base::Bytes message;    // TPMS_ATTEST
  PcrValues pcrs;
};

std::string FormatEvidence(const TpmEvidence& evidence);
// InvalidArgument naming the member that is missing or malformed.
absl::StatusOr<TpmEvidence> ParseEvidence(std::string_view json);

}  // namespace attestd::tee::tpm

#endif  // ATTESTD_TEE_TPM_QUOTE_H_
