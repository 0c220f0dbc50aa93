// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_TEE_KEY_H_
#define ATTESTD_KBS_CLIENT_TEE_KEY_H_

#include <openssl/evp.h>

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/bytes.h"
#include "base/handle.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::kbs {

// How the broker wraps the content key to us (RFC 7518, 4.1). kRsa15 is for protocol 0.1.1 alone.
enum class TeeKeyKind { kEcP256, kEcP521, kRsaOaep256, kRsa15 };

// What JOSE calls a kind (RFC 7518, 4.1 and 6.2.1.1).
struct TeeKeyNames {
  std::string_view alg;
  std::string_view crv;    // empty for RSA
  size_t coordinate_size;  // bytes, big-endian, padded on the left (RFC 7518, 6.2.1.2); 0 for RSA
};
TeeKeyNames NamesOf(TeeKeyKind kind);

// Bytes of the RSA modulus, and of what is encrypted to it: 2048 bits, as guest-components sends.
inline constexpr size_t kRsaSize = 256;
// Bytes of a content key: AES-256.
inline constexpr size_t kContentKeySize = 32;

// A point on the kind's curve, coordinates of exactly its size.
struct EcPoint {
  base::Bytes x;
  base::Bytes y;
};

// The numbers of RFC 7518, 6.3, big-endian.
struct RsaNumbers {
  base::ByteView n, e, d, p, q, dp, dq, qi;
};

// The ephemeral key to which the broker encrypts. The private part leaves it as PrivatePem only.
class TeeKey {
 public:
  // RSA has 2048 bits and takes some tenths of a second.
  static absl::StatusOr<TeeKey> Generate(TeeKeyKind kind = TeeKeyKind::kEcP256);
  // For recorded exchanges in tests: the private scalar `d` and its point.
  static absl::StatusOr<TeeKey> FromPrivate(base::ByteView d, const EcPoint& point,
                                            TeeKeyKind kind = TeeKeyKind::kEcP256);
  // The same for RSA: InvalidArgument when the modulus has not 2048 bits.
  static absl::StatusOr<TeeKey> FromPrivate(const RsaNumbers& numbers, TeeKeyKind kind);

  TeeKeyKind kind() const { return kind_; }

  // {"kty":"EC","crv","alg","x","y"} or {"kty":"RSA","alg","n","e"}: exactly these members, since
  // the broker drops others before it hashes.
  absl::StatusOr<base::Json> PublicJwk() const;

  // The private key as guest-components gives it: PEM of PKCS#8 (RFC 5958) for EC, of PKCS#1
  // (RFC 8017, A.1.2) for RSA.
  absl::StatusOr<base::Secret> PrivatePem() const;

  // ECDH: Z, the x coordinate of the shared point, of the size of a coordinate (RFC 7518, 4.6;
  // NIST SP 800-56A). InvalidArgument when the peer's point is not on the curve, after the same
  // work; FailedPrecondition for an RSA key.
  absl::StatusOr<base::Secret> Agree(const EcPoint& peer) const;

  // The content key that was encrypted to an RSA key, or `fallback` (of the same 32 bytes) where
  // none comes out, whatever the cause; neither the work nor the time tells which of them it is
  // (RFC 7516, 11.5). FailedPrecondition for an EC key.
  absl::StatusOr<base::Secret> DecryptContentKey(base::ByteView encrypted_key,
                                                 const base::Secret& fallback) const;

 private:
  TeeKey(EVP_PKEY* key, TeeKeyKind kind) : key_(key), kind_(kind) {}
  absl::StatusOr<base::Json> EcJwk() const;
  absl::StatusOr<base::Json> RsaJwk() const;

  base::Handle<EVP_PKEY, EVP_PKEY_free> key_;
  TeeKeyKind kind_;
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_TEE_KEY_H_
