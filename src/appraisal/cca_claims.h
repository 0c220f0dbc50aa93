// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_CCA_CLAIMS_H_
#define ATTESTD_APPRAISAL_CCA_CLAIMS_H_

#include "base/json.h"
#include "tee/cca/format/token.h"

namespace attestd::appraisal {

// What a CCA token says, in the words of Trustee's "cca" verifier: bytes in base64, but for
// "report_data" (the challenge) and "init_data" (the personalization value) in hex.
base::Json CcaClaims(const tee::cca::Token& token);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_CCA_CLAIMS_H_
