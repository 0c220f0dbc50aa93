// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM_ATTESTATION_KEY_H_
#define ATTESTD_TEE_TPM_ATTESTATION_KEY_H_

#include <tss2/tss2_tpm2_types.h>

#include "base/deadline.h"
#include "base/status.h"
#include "tee/tpm2/esys_context.h"
#include "tee/tpm2/esys_device.h"

namespace attestd::tee::tpm {

using tpm2::AttestationKey;

// The key at the persistent handle; where there is none, one is created in the endorsement
// hierarchy (RSA-2048, RSASSA, SHA-256) and kept under the owner's authority.
// FailedPrecondition: the handle holds another kind of key (named), or with Reason::kKeyMissing
// the TPM refused to create or keep one.
absl::StatusOr<AttestationKey> FindOrCreateAk(const tpm2::EsysContext& context, TPM2_HANDLE handle,
                                              base::Deadline deadline);

}  // namespace attestd::tee::tpm

#endif  // ATTESTD_TEE_TPM_ATTESTATION_KEY_H_
