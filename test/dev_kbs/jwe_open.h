// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_JWE_OPEN_H_
#define ATTESTD_TEST_DEV_KBS_JWE_OPEN_H_

#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "base/status.h"
#include "test/dev_kbs/ec_key.h"

// The recipient's side of a JWE for tests of the broker, written from RFC 7518 apart from
// jwe_encrypt.cc: the KDF is done by hand.
namespace attestd::dev_kbs {

// A P-256 key pair from a JWK with "d".
absl::StatusOr<KeyHandle> PrivateEcKeyFromJwk(const base::Json& jwk);

// The plaintext of a flattened JWE with ECDH-ES+A256KW on P-256 and A256GCM.
absl::StatusOr<base::Bytes> OpenJwe(EVP_PKEY* key, std::string_view jwe);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_JWE_OPEN_H_
