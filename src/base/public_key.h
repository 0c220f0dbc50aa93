// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_PUBLIC_KEY_H_
#define ATTESTD_BASE_PUBLIC_KEY_H_

#include <openssl/types.h>

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"

namespace attestd::base {

// A public key that verifies signatures.
class PublicKey {
 public:
  // SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7), nothing behind it. InvalidArgument otherwise.
  static absl::StatusOr<PublicKey> FromSpkiDer(ByteView der);
  // The same in PEM ("BEGIN PUBLIC KEY"), the only block of the text.
  static absl::StatusOr<PublicKey> FromPem(std::string_view pem);
  // RSA from its big-endian modulus and public exponent.
  static absl::StatusOr<PublicKey> FromRsa(ByteView modulus, uint32_t exponent);
  // EC from its affine coordinates x || y, big-endian, each of the field's size. InvalidArgument
  // for a point that is not on the curve.
  enum class Curve { kP256, kP384 };
  static absl::StatusOr<PublicKey> FromEcPoint(Curve curve, ByteView x_and_y);

  absl::StatusOr<Bytes> ToSpkiDer() const;
  // Modulus size of RSA, field size of EC.
  int bits() const;
  // RSASSA-PKCS1-v1_5 (RFC 8017, 8.2). Unauthenticated when the signature does not fit;
  // InvalidArgument when the key is not RSA.
  absl::Status VerifyRsaPkcs1(HashAlgorithm hash, ByteView message, ByteView signature) const;
  // ECDSA with the signature as r || s, big-endian, each half of it (IEEE P1363). Unauthenticated
  // when it does not fit; InvalidArgument when the key is not EC.
  absl::Status VerifyEcdsa(HashAlgorithm hash, ByteView message, ByteView signature) const;

 private:
  explicit PublicKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}
  // OpenSSL's type of key and its parameters.
  static absl::StatusOr<PublicKey> FromParts(const char* type, OSSL_PARAM_BLD* builder);
  // The signature in the form that OpenSSL takes for the type of key.
  absl::Status Verify(HashAlgorithm hash, ByteView message, ByteView signature) const;

  // shared_ptr: the key is a value that is copied, OpenSSL's object is not.
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_PUBLIC_KEY_H_
