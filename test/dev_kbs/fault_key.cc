// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/fault_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/encoding.h"
#include "base/handle.h"
#include "base/hash.h"
#include "base/openssl_error.h"
#include "test/dev_kbs/ec_key.h"

namespace attestd::dev_kbs {
namespace {

using base::Bytes;
using KeyContext = base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Number = base::Handle<BIGNUM, BN_free>;

constexpr size_t kHalfKey = 16;
constexpr std::array<Curve, 2> kCurves = {{{"P-256", 32}, {"P-521", 66}}};

absl::StatusOr<Curve> CurveOf(const base::Json& jwk) {
  const std::string name = base::GetString(jwk, "crv").value_or("");
  for (const Curve& curve : kCurves) {
    if (curve.name == name) {
      return curve;
    }
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not a curve of this broker");
}

absl::StatusOr<std::string> Base64Number(const EVP_PKEY& key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(&key, name, &number) != 1) {
    return base::OpensslError("RSA key");
  }
  const Number owned(number);
  Bytes bytes(static_cast<size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, bytes.data());
  return base::Base64UrlEncode(bytes);
}

absl::StatusOr<base::Json> NewRsaJwk() {
  constexpr unsigned kBits = 2048;
  const KeyHandle key(EVP_RSA_gen(kBits));
  if (key == nullptr) {
    return base::OpensslError("RSA key");
  }
  base::Json jwk = {{"kty", "RSA"}};
  ASSIGN_OR_RETURN(jwk["n"], Base64Number(*key, OSSL_PKEY_PARAM_RSA_N));
  ASSIGN_OR_RETURN(jwk["e"], Base64Number(*key, OSSL_PKEY_PARAM_RSA_E));
  return jwk;
}

absl::StatusOr<base::Json> NewEcJwk(const base::Json& tee_pubkey) {
  ASSIGN_OR_RETURN(const Curve curve, CurveOf(tee_pubkey));
  ASSIGN_OR_RETURN(const KeyHandle key, GenerateEcKey(curve));
  return PublicEcJwk(curve, *key);
}

absl::StatusOr<Bytes> Derive(EVP_PKEY* own, EVP_PKEY* peer) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  size_t size = 0;
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer) != 1 ||
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return base::OpensslError("ECDH");
  }
  Bytes shared(size);
  if (EVP_PKEY_derive(context.get(), shared.data(), &size) != 1) {
    return base::OpensslError("ECDH");
  }
  return shared;
}

// Concat KDF (RFC 7518, 4.6.2) for ECDH-ES+A256KW: one round of SHA-256.
absl::StatusOr<Bytes> WrappingKey(const Bytes& shared) {
  constexpr std::string_view kAlg = "ECDH-ES+A256KW";
  Bytes input = {0, 0, 0, 1};
  input.insert(input.end(), shared.begin(), shared.end());
  input.insert(input.end(), {0, 0, 0, static_cast<uint8_t>(kAlg.size())});
  input.insert(input.end(), kAlg.begin(), kAlg.end());
  input.insert(input.end(), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0});
  return base::Hash(base::HashAlgorithm::kSha256, input);
}

// AES key wrap (RFC 3394).
absl::StatusOr<Bytes> AesWrap(const Bytes& wrapping_key, const Bytes& key) {
  const base::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  Bytes wrapped(key.size() + 2 * EVP_MAX_BLOCK_LENGTH);
  int size = 0;
  if (EVP_EncryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, wrapping_key.data(),
                         nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), wrapped.data(), &size, key.data(),
                        static_cast<int>(key.size())) != 1) {
    return base::OpensslError("key wrap");
  }
  wrapped.resize(static_cast<size_t>(size));
  return wrapped;
}

absl::StatusOr<WrappedBytes> WrapByEcdh(const base::Json& jwk, const Bytes& key) {
  ASSIGN_OR_RETURN(const Curve curve, CurveOf(jwk));
  ASSIGN_OR_RETURN(const KeyHandle recipient, EcKeyFromJwk(curve, jwk));
  ASSIGN_OR_RETURN(const KeyHandle ephemeral, GenerateEcKey(curve));
  ASSIGN_OR_RETURN(const Bytes shared, Derive(ephemeral.get(), recipient.get()));
  ASSIGN_OR_RETURN(const Bytes wrapping_key, WrappingKey(shared));
  WrappedBytes wrapped;
  ASSIGN_OR_RETURN(wrapped.bytes, AesWrap(wrapping_key, key));
  ASSIGN_OR_RETURN(wrapped.epk, PublicEcJwk(curve, *ephemeral));
  return wrapped;
}

absl::StatusOr<KeyHandle> RsaKey(const base::Json& jwk) {
  ASSIGN_OR_RETURN(const Bytes n, base::GetBase64Url(jwk, "n"));
  ASSIGN_OR_RETURN(const Bytes e, base::GetBase64Url(jwk, "e"));
  const Number modulus(BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr));
  const Number exponent(BN_bin2bn(e.data(), static_cast<int>(e.size()), nullptr));
  const base::Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  const base::Handle<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return base::OpensslError("RSA key");
  }
  return KeyHandle(key);
}

absl::StatusOr<WrappedBytes> WrapByRsa(const base::Json& jwk, const Bytes& key) {
  ASSIGN_OR_RETURN(const KeyHandle recipient, RsaKey(jwk));
  const bool oaep = base::GetString(jwk, "alg").value_or("") == "RSA-OAEP-256";
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, recipient.get(), nullptr));
  if (context == nullptr || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(),
                                   oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING) != 1 ||
      (oaep && EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) != 1)) {
    return base::OpensslError("RSA");
  }
  WrappedBytes wrapped;
  size_t size = static_cast<size_t>(EVP_PKEY_get_size(recipient.get()));
  wrapped.bytes.resize(size);
  if (EVP_PKEY_encrypt(context.get(), wrapped.bytes.data(), &size, key.data(), key.size()) != 1) {
    return base::OpensslError("RSA");
  }
  return wrapped;
}

}  // namespace

absl::StatusOr<base::Json> AnotherKeyLike(const base::Json& tee_pubkey) {
  const bool rsa = base::GetString(tee_pubkey, "kty").value_or("") == "RSA";
  ASSIGN_OR_RETURN(base::Json jwk, rsa ? NewRsaJwk() : NewEcJwk(tee_pubkey));
  ASSIGN_OR_RETURN(jwk["alg"], base::GetString(tee_pubkey, "alg"));
  return jwk;
}

absl::StatusOr<WrappedBytes> WrapHalfKey(const base::Json& tee_pubkey) {
  Bytes key(kHalfKey);
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    return base::OpensslError("random numbers");
  }
  const bool rsa = base::GetString(tee_pubkey, "kty").value_or("") == "RSA";
  return rsa ? WrapByRsa(tee_pubkey, key) : WrapByEcdh(tee_pubkey, key);
}

}  // namespace attestd::dev_kbs
