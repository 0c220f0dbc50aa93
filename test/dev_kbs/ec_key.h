// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_EC_KEY_H_
#define ATTESTD_TEST_DEV_KBS_EC_KEY_H_

#include <openssl/evp.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/handle.h"
#include "base/json.h"
#include "base/status.h"

namespace attestd::dev_kbs {

using KeyHandle = base::Handle<EVP_PKEY, EVP_PKEY_free>;

// A curve of RFC 7518, 6.2.1.1; JOSE and OpenSSL give it the same name.
struct Curve {
  std::string_view name;
  size_t field_size;  // bytes of a coordinate
};
inline constexpr Curve kP256 = {"P-256", 32};
inline constexpr Curve kP521 = {"P-521", 66};

absl::StatusOr<KeyHandle> GenerateEcKey(const Curve& curve);
// The public key of a JWK's "x" and "y". InvalidArgument: wrong sizes, not on the curve.
absl::StatusOr<KeyHandle> EcKeyFromJwk(const Curve& curve, const base::Json& jwk);
// {"crv", "kty", "x", "y"}.
absl::StatusOr<base::Json> PublicEcJwk(const Curve& curve, const EVP_PKEY& key);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_EC_KEY_H_
