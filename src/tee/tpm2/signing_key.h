// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_SIGNING_KEY_H_
#define ATTESTD_TEE_TPM2_SIGNING_KEY_H_

#include <tss2/tss2_tpm2_types.h>

#include <optional>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"
#include "tee/tpm2/esys_context.h"

namespace attestd::tee::tpm2 {

// The attributes that make a key sign only what the TPM itself made.
inline constexpr TPMA_OBJECT kRestrictedSigner = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT;

// The object at a persistent handle; nothing when the handle is free.
absl::StatusOr<std::optional<EsysObject>> FindPersistent(const EsysContext& context,
                                                         TPM2_HANDLE handle,
                                                         base::Deadline deadline);

// DER SubjectPublicKeyInfo of the object's public area, asked from the TPM. FailedPrecondition
// naming what was found when it is no restricted RSA key that signs RSASSA with SHA-256.
absl::StatusOr<base::Bytes> ReadSigningKey(const EsysContext& context, ESYS_TR object,
                                           base::Deadline deadline);

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_SIGNING_KEY_H_
