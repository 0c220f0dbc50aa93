// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_DCAP_QUOTE_H_
#define ATTESTD_APPRAISAL_DCAP_QUOTE_H_

#include <string>

#include "appraisal/appraisal.h"
#include "tee/tdx/format/quote.h"

// Inside the library only: what SGX and TDX quotes have in common.
namespace attestd::appraisal {

// Judges everything of a quote but its body: vendor, the attestation key's signature, the quoting
// enclave (its MRSIGNER must be Intel's) and the PCK's signature over it, the chain, and the TCB
// when there is collateral. Adds "quote.*", "qe.*", "chain.*" and "tcb.*", and the claims "fmspc"
// and "tcb_status".
void CheckDcapQuote(const tee::tdx::Quote& quote, const ReferenceValues& reference,
                    Appraisal& appraisal);

// The header as Trustee's verifiers show it: hex of its fields.
base::Json HeaderClaims(const tee::tdx::QuoteHeader& header);

// Lower-case hex of a number's bytes, little-endian.
std::string HexLe(uint64_t value, size_t size);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_DCAP_QUOTE_H_
