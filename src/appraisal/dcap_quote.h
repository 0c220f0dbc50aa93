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

// "name" passes when the expected bytes, padded with zeros to the size of the field that was found,
// are its bytes. CompareCut cuts longer ones first, which is Trustee's rule for init data.
Check ComparePadded(std::string name, base::ByteView expected, base::ByteView found);
Check CompareCut(std::string name, base::ByteView expected, base::ByteView found);

// Lower-case hex of a number's bytes, little-endian.
std::string HexLe(uint64_t value, size_t size);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_DCAP_QUOTE_H_
