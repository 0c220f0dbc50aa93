// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_RSA_KEY_H_
#define ATTESTD_TEST_DEV_KBS_RSA_KEY_H_

#include "base/json.h"
#include "base/status.h"
#include "test/dev_kbs/ec_key.h"

namespace attestd::dev_kbs {

// The public key of a JWK's "n" and "e" (RFC 7518, 6.3.1). InvalidArgument for other shapes.
absl::StatusOr<KeyHandle> RsaKeyFromJwk(const base::Json& jwk);
// {"kty", "n", "e"}.
absl::StatusOr<base::Json> PublicRsaJwk(const EVP_PKEY& key);

// What the block of an RSA wrap is padded with.
enum class RsaPadding { kOaepSha256, kPkcs1 };

// Encrypts a content key to the public key, or decrypts one with the private one.
absl::StatusOr<base::Bytes> RsaEncrypt(EVP_PKEY* key, RsaPadding padding, base::ByteView text);
absl::StatusOr<base::Bytes> RsaDecrypt(EVP_PKEY* key, RsaPadding padding, base::ByteView block);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_RSA_KEY_H_
