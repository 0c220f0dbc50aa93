// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TEE_TPM2_QUOTE_BYTES_H_
#define ATTESTD_TEST_TEE_TPM2_QUOTE_BYTES_H_

#include <cstdint>

#include "base/bytes.h"
#include "tee/tpm2/format/quote.h"

namespace attestd::tee::tpm2 {

// What a TPM writes before the fields of Quote; other values make a structure to be refused.
struct AttestHeader {
  uint32_t magic = 0xff544347;
  uint16_t type = 0x8018;
};

// A quote as a TPM makes it: SHA-256, all 24 PCRs, digest and extraData of 32 bytes.
Quote TypicalQuote();
// TPMS_ATTEST.
base::Bytes QuoteBytes(const Quote& quote, const AttestHeader& header = {});
// TPMT_SIGNATURE of the given TPM_ALG_IDs; RSASSA and SHA-256 unless told otherwise.
base::Bytes SignatureBytes(base::ByteView signature, uint16_t scheme = 0x0014,
                           uint16_t hash = 0x000b);

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEST_TEE_TPM2_QUOTE_BYTES_H_
