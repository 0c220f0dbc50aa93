// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_FORMAT_QUOTE_H_
#define ATTESTD_TEE_TPM2_FORMAT_QUOTE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

// Pure parsers of TPM 2.0 structures; no device, no tss2.
namespace attestd::tee::tpm2 {

constexpr size_t kPcrCount = 24;
constexpr size_t kSha256Size = 32;
// Trustee's verifiers "tpm", "az-snp-vtpm" and "az-tdx-vtpm" take the init data from this PCR.
constexpr uint32_t kInitDataPcr = 8;

using PcrValues = std::array<base::Bytes, kPcrCount>;  // sha256 bank, PCR 0 to 23

// One TPMS_PCR_SELECTION (part 2, 10.6.2).
struct PcrSelection {
  uint16_t hash = 0;   // TPM_ALG_ID; 0x000b is SHA-256
  base::Bytes select;  // bitmap, PCR 0 is bit 0 of byte 0
};

// What TPM2_Quote returns, in the TPM's own encoding.
struct SignedQuote {
  base::Bytes message;    // TPMS_ATTEST
  base::Bytes signature;  // TPMT_SIGNATURE
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

// What PCR 8 holds once init data of this digest was bound: zeros extended by it.
// InvalidArgument for another size than 32 bytes.
absl::StatusOr<base::Bytes> InitDataPcrValue(base::ByteView digest);

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_FORMAT_QUOTE_H_
