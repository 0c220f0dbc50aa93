// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_HARDWARE_H_
#define ATTESTD_APPRAISAL_HARDWARE_H_

#include <span>

#include "appraisal/appraisal.h"

// Inside the library only: checks of the hardware's own signed statement, which a platform and its
// Azure variant share. What the statement is bound to (report data, init data) is the caller's.
namespace attestd::appraisal {

// Of an SNP report of 1184 bytes: version, processor, certificate chain to AMD's root with dates,
// signature, TCB and chip id against the certificate, VMPL 0, debug policy. Adds the checks
// "report.*" and "chain.*", and the claims of Trustee's "snp" verifier.
void CheckSnpReport(base::ByteView report, std::span<const base::Certificate> certificates,
                    const ReferenceValues& reference, Appraisal& appraisal);

// Of the bytes of a TD quote (version 4 or 5): signature, QE report, PCK chain to Intel's root with
// dates, collateral when given, debug attribute. Adds the checks "quote.*", "qe.*", "chain.*" and
// "tcb.*", and the claims of Trustee's "tdx" verifier.
void CheckTdQuote(base::ByteView bytes, const ReferenceValues& reference, Appraisal& appraisal);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_HARDWARE_H_
