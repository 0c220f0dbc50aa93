// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_TEE_KEY_H_
#define ATTESTD_KBS_CLIENT_TEE_KEY_H_

#include <openssl/evp.h>

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "base/bytes.h"
#include "base/handle.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::kbs {

// Size of a P-256 coordinate.
inline constexpr size_t kCoordinateSize = 32;

// A point on P-256, big-endian coordinates of exactly 32 bytes each.
struct EcPoint {
  base::Bytes x;
  base::Bytes y;
};

// The ephemeral key to which the broker encrypts: EC P-256. The private part never leaves it.
class TeeKey {
 public:
  static absl::StatusOr<TeeKey> Generate();
  // For recorded exchanges in tests: the private scalar `d` and its point.
  static absl::StatusOr<TeeKey> FromPrivate(base::ByteView d, const EcPoint& point);

  // {"kty":"EC","crv":"P-256","alg":"ECDH-ES+A256KW","x","y"}: exactly these members, since the
  // broker drops others before it hashes.
  absl::StatusOr<base::Json> PublicJwk() const;

  // ECDH: Z, the x coordinate of the shared point, 32 bytes (RFC 7518, 4.6; NIST SP 800-56A).
  // InvalidArgument when the peer's point is not on the curve.
  absl::StatusOr<base::Secret> Agree(const EcPoint& peer) const;

 private:
  explicit TeeKey(EVP_PKEY* key) : key_(key) {}
  base::Handle<EVP_PKEY, EVP_PKEY_free> key_;
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_TEE_KEY_H_
