// SPDX-License-Identifier: Apache-2.0
#include "base/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/handle.h"
#include "base/openssl_error.h"
#include "base/pem.h"

namespace attestd::base {
namespace {

// Bytes of a coordinate (SEC 1, 2.3.5), and the prefix of an uncompressed point (2.3.3).
constexpr size_t kP256Size = 32;
constexpr size_t kP384Size = 48;
constexpr uint8_t kUncompressedPoint = 0x04;
// An RSA key of 16384 bits, the longest that OpenSSL verifies with, has some 2 KiB.
constexpr size_t kMaxSpkiSize = size_t{16} << 10;

absl::Status NotAKey(std::string_view message) {
  const absl::Status cause = OpensslError(message);
  return {absl::StatusCode::kInvalidArgument, cause.message()};
}

// ECDSA-Sig-Value (RFC 3279, 2.2.3) of r || s.
absl::StatusOr<Bytes> EcdsaSignatureDer(ByteView r_and_s) {
  const auto half = static_cast<int>(r_and_s.size() / 2);
  Handle<BIGNUM, BN_free> r(BN_bin2bn(r_and_s.data(), half, nullptr));
  Handle<BIGNUM, BN_free> s(BN_bin2bn(r_and_s.data() + half, half, nullptr));
  const Handle<ECDSA_SIG, ECDSA_SIG_free> signature(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || signature == nullptr ||
      ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return OpensslError("ECDSA signature");
  }
  (void)r.release();  // the signature's now
  (void)s.release();
  uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) {
    return OpensslError("ECDSA signature to DER");
  }
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

absl::StatusOr<PublicKey> PublicKey::FromSpkiDer(ByteView der) {
  if (der.size() > kMaxSpkiSize) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "too long for a public key");
  }
  const uint8_t* cursor = der.data();
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size()));
  if (key == nullptr) {
    return NotAKey("not a DER public key");
  }
  PublicKey result(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
  if (cursor != der.data() + der.size()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "bytes behind the DER public key");
  }
  return result;
}

absl::StatusOr<PublicKey> PublicKey::FromPem(std::string_view pem) {
  ASSIGN_OR_RETURN(const std::vector<PemBlock> blocks, ReadPem(pem));
  if (blocks.size() != 1 || blocks.front().label != "PUBLIC KEY") {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "expected one PEM block \"PUBLIC KEY\" and nothing else");
  }
  return FromSpkiDer(blocks.front().content);
}

absl::StatusOr<PublicKey> PublicKey::FromRsa(ByteView modulus, uint32_t exponent) {
  const Handle<BIGNUM, BN_free> n(
      BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (n == nullptr || builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_uint32(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent) != 1) {
    return OpensslError("RSA public key");
  }
  return FromParts("RSA", builder.get());
}

absl::StatusOr<PublicKey> PublicKey::FromEcPoint(Curve curve, ByteView x_and_y) {
  const bool p256 = curve == Curve::kP256;
  const size_t size = p256 ? kP256Size : kP384Size;
  if (x_and_y.size() != 2 * size) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "EC point: expected " + std::to_string(2 * size) + " bytes, found " +
                          std::to_string(x_and_y.size()));
  }
  Bytes point = {kUncompressedPoint};
  point.reserve(1 + x_and_y.size());
  std::copy(x_and_y.begin(), x_and_y.end(), std::back_inserter(point));
  const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      p256 ? "P-256" : "P-384", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return OpensslError("EC public key");
  }
  return FromParts("EC", builder.get());
}

absl::StatusOr<PublicKey> PublicKey::FromParts(const char* type, OSSL_PARAM_BLD* builder) {
  const Handle<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder));
  const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return NotAKey(std::string(type) + " public key");
  }
  return PublicKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

absl::StatusOr<Bytes> PublicKey::ToSpkiDer() const {
  uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  if (size <= 0) {
    return OpensslError("public key to DER");
  }
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

int PublicKey::bits() const { return EVP_PKEY_get_bits(key_.get()); }

absl::Status PublicKey::Verify(HashAlgorithm hash, ByteView message, ByteView signature) const {
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // owned by the context
  if (context == nullptr || EVP_DigestVerifyInit(context.get(), &key_context, OpensslDigest(hash),
                                                 nullptr, key_.get()) != 1) {
    return OpensslError("verify a signature");
  }
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                       message.size()) != 1) {
    const absl::Status cause = OpensslError("the signature does not verify");
    return {absl::StatusCode::kUnauthenticated, cause.message()};
  }
  return absl::OkStatus();
}

absl::Status PublicKey::VerifyRsaPkcs1(HashAlgorithm hash, ByteView message,
                                       ByteView signature) const {
  if (EVP_PKEY_is_a(key_.get(), "RSA") != 1) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "the key is not RSA");
  }
  return Verify(hash, message, signature);
}

absl::Status PublicKey::VerifyEcdsa(HashAlgorithm hash, ByteView message,
                                    ByteView signature) const {
  if (EVP_PKEY_is_a(key_.get(), "EC") != 1) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "the key is not EC");
  }
  const size_t size = (static_cast<size_t>(bits()) + 7) / 8;
  if (signature.size() != 2 * size) {
    return MakeStatus(absl::StatusCode::kUnauthenticated,
                      "ECDSA signature: expected " + std::to_string(2 * size) + " bytes, found " +
                          std::to_string(signature.size()));
  }
  ASSIGN_OR_RETURN(const Bytes der, EcdsaSignatureDer(signature));
  return Verify(hash, message, der);
}

}  // namespace attestd::base
