// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_TSS_STATUS_H_
#define ATTESTD_TEE_TPM2_TSS_STATUS_H_

#include <tss2/tss2_common.h>

#include <string>
#include <string_view>

#include "base/status.h"

namespace attestd::tee::tpm2 {

// True for answers that ask for the same command again (part 2, 6.6.3: RETRY, YIELDED, TESTING,
// NV_RATE).
bool AsksForRetry(TSS2_RC rc);
// True when a handle of the command names nothing in the TPM.
bool IsUnknownHandle(TSS2_RC rc);
// The answer in words, as Tss2_RC_Decode has them.
std::string TssText(TSS2_RC rc);

// The status of a failed step, with Reason::kDeviceFailed. Unavailable where a fresh connection or
// another try may help: transport and response errors, TPM warnings, vanished handles. Otherwise,
// and for lockout (tries would deepen it), FailedPrecondition.
absl::Status TssStatus(TSS2_RC rc, std::string_view step);

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_TSS_STATUS_H_
