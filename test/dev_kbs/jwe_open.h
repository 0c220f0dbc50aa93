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

// A key pair from a JWK with "d", on the curve of its "crv".
absl::StatusOr<KeyHandle> PrivateEcKeyFromJwk(const base::Json& jwk);

// The plaintext of a flattened JWE with A256GCM and any "alg" that EncryptToTee knows, in either of
// its forms.
absl::StatusOr<base::Bytes> OpenJwe(EVP_PKEY* key, std::string_view jwe);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_JWE_OPEN_H_
