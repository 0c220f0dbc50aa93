// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_JWE_ENCRYPT_H_
#define ATTESTD_TEST_DEV_KBS_JWE_ENCRYPT_H_

#include <string>

#include "base/json.h"
#include "base/secret.h"
#include "base/status.h"
#include "test/dev_kbs/disclosure.h"

namespace attestd::dev_kbs {

// How the parts lie in the answer. kLegacy is of protocol 0.1.1 (Trustee 0.10 and 0.11), for
// RSA1_5 alone: "protected" is plain JSON, the GCM tag ends the ciphertext, "tag" is empty, and
// nothing but the plaintext is authenticated.
enum class JweForm { kRfc7516, kLegacy };

// A flattened JWE (RFC 7516, 7.2.2) as Trustee answers a resource: A256GCM, its key wrapped by the
// "alg" of the TEE's public JWK: ECDH-ES+A256KW on P-256 or P-521, RSA-OAEP-256 or RSA1_5.
// InvalidArgument for other keys, and for kLegacy with another than RSA1_5. The content key is
// disclosed as "cek".
absl::StatusOr<std::string> EncryptToTee(const base::Json& tee_pubkey,
                                         const base::Secret& plaintext,
                                         JweForm form = JweForm::kRfc7516,
                                         const Disclosure& disclose = {});

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_JWE_ENCRYPT_H_
