// SPDX-License-Identifier: Apache-2.0
#include "base/public_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/handle.h"
#include "base/openssl_error.h"

namespace attestd::base {
namespace {

const EVP_MD* Digest(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::kSha256:
      return EVP_sha256();
    case HashAlgorithm::kSha384:
      return EVP_sha384();
    case HashAlgorithm::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

absl::Status NotAKey(std::string_view message) {
  const absl::Status cause = OpensslError(message);
  return {absl::StatusCode::kInvalidArgument, cause.message()};
}

}  // namespace

absl::StatusOr<PublicKey> PublicKey::FromSpkiDer(ByteView der) {
  const uint8_t* cursor = der.data();
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size()));
  if (key == nullptr) {
    return NotAKey("not a DER public key");
  }
  return PublicKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

absl::StatusOr<PublicKey> PublicKey::FromPem(std::string_view pem) {
  const Handle<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr);
  if (key == nullptr) {
    return NotAKey("not a PEM public key");
  }
  return PublicKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
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
  const Handle<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return NotAKey("RSA public key");
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

absl::Status PublicKey::VerifyRsaPkcs1(HashAlgorithm hash, ByteView message,
                                       ByteView signature) const {
  if (EVP_PKEY_is_a(key_.get(), "RSA") != 1) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "the key is not RSA");
  }
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // owned by the context
  if (context == nullptr ||
      EVP_DigestVerifyInit(context.get(), &key_context, Digest(hash), nullptr, key_.get()) != 1) {
    return OpensslError("RSA verify");
  }
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                       message.size()) != 1) {
    const absl::Status cause = OpensslError("the signature does not verify");
    return {absl::StatusCode::kUnauthenticated, cause.message()};
  }
  return absl::OkStatus();
}

}  // namespace attestd::base
