// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_TCB_STATUS_H_
#define ATTESTD_APPRAISAL_TCB_STATUS_H_

#include "appraisal/appraisal.h"
#include "appraisal/dcap_chain.h"
#include "appraisal/pck_extension.h"
#include "tee/tdx/format/quote.h"

// Inside the library only.
namespace attestd::appraisal {

// Judges the platform's and the quoting enclave's TCB by reference.collateral, signed by a
// certificate "Intel SGX TCB Signing" among reference.roots under the root of the PCK's chain. Adds
// the checks "tcb.*" and "qe.identity*", and the claims tcb_status and advisory_ids. A level that
// is out of date passes, as with Trustee: policy reads the claim. A revoked one fails.
void CheckTcb(const tee::tdx::Quote& quote, const PckExtension& pck, const CertificateChain& chain,
              const ReferenceValues& reference, Appraisal& appraisal);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_TCB_STATUS_H_
