// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_JWE_ENCRYPT_H_
#define ATTESTD_TEST_DEV_KBS_JWE_ENCRYPT_H_

#include <string>

#include "base/json.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// A flattened JWE (RFC 7516, 7.2.2) as Trustee answers a resource: A256GCM, its key wrapped by the
// "alg" of the TEE's public JWK (now ECDH-ES+A256KW on P-256). InvalidArgument for other keys.
absl::StatusOr<std::string> EncryptToTee(const base::Json& tee_pubkey,
                                         const base::Secret& plaintext);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_JWE_ENCRYPT_H_
