// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/fault_key.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/handle.h"
#include "base/hash.h"
#include "base/openssl_error.h"
#include "test/dev_kbs/ec_key.h"
#include "test/dev_kbs/rsa_key.h"

namespace attestd::dev_kbs {
namespace {

using base::Bytes;
using CipherContext = base::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using KeyContext = base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

constexpr std::array<Curve, 2> kCurves = {kP256, kP521};

absl::StatusOr<Curve> CurveOf(const base::Json& jwk) {
  const std::string name = base::GetString(jwk, "crv").value_or("");
  for (const Curve& curve : kCurves) {
    if (curve.name == name) {
      return curve;
    }
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not a curve of this broker");
}

absl::StatusOr<base::Json> NewRsaJwk() {
  constexpr unsigned kBits = 2048;
  const KeyHandle key(EVP_RSA_gen(kBits));
  if (key == nullptr) {
    return base::OpensslError("RSA key");
  }
  return PublicRsaJwk(*key);
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
  const std::string_view z = base::AsText(shared);
  std::string input("\0\0\0\1", 4);
  input.append(z).append(3, '\0').append(1, static_cast<char>(kAlg.size())).append(kAlg);
  input.append(10, '\0').append("\1\0", 2);
  return base::Hash(base::HashAlgorithm::kSha256, base::AsBytes(input));
}

// AES key wrap (RFC 3394).
absl::StatusOr<Bytes> AesWrap(const Bytes& wrapping_key, const Bytes& key) {
  const CipherContext context(EVP_CIPHER_CTX_new());
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

absl::StatusOr<WrappedBytes> WrapByRsa(const base::Json& jwk, const Bytes& key) {
  ASSIGN_OR_RETURN(const KeyHandle recipient, RsaKeyFromJwk(jwk));
  const bool oaep = base::GetString(jwk, "alg").value_or("") == "RSA-OAEP-256";
  WrappedBytes wrapped;
  ASSIGN_OR_RETURN(
      wrapped.bytes,
      RsaEncrypt(recipient.get(), oaep ? RsaPadding::kOaepSha256 : RsaPadding::kPkcs1, key));
  return wrapped;
}

}  // namespace

absl::StatusOr<base::Json> AnotherKeyLike(const base::Json& tee_pubkey) {
  const bool rsa = base::GetString(tee_pubkey, "kty").value_or("") == "RSA";
  ASSIGN_OR_RETURN(base::Json jwk, rsa ? NewRsaJwk() : NewEcJwk(tee_pubkey));
  ASSIGN_OR_RETURN(jwk["alg"], base::GetString(tee_pubkey, "alg"));
  return jwk;
}

absl::StatusOr<WrappedBytes> WrapKey(const base::Json& tee_pubkey, const Bytes& key) {
  const bool rsa = base::GetString(tee_pubkey, "kty").value_or("") == "RSA";
  return rsa ? WrapByRsa(tee_pubkey, key) : WrapByEcdh(tee_pubkey, key);
}

absl::StatusOr<SealedBytes> SealBytes(const Bytes& key, base::ByteView aad,
                                      base::ByteView plaintext) {
  constexpr int kTagSize = 16;
  ASSIGN_OR_RETURN(Bytes iv, RandomBytes(12));
  SealedBytes sealed{
      .iv = std::move(iv), .ciphertext = Bytes(plaintext.size()), .tag = Bytes(kTagSize)};
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (context == nullptr ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), sealed.iv.data()) !=
          1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, aad.data(), static_cast<int>(aad.size())) !=
          1 ||
      EVP_EncryptUpdate(context.get(), sealed.ciphertext.data(), &size, plaintext.data(),
                        static_cast<int>(plaintext.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), sealed.tag.data(), &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, sealed.tag.data()) != 1) {
    return base::OpensslError("A256GCM");
  }
  return sealed;
}

absl::StatusOr<Bytes> RandomBytes(size_t size) {
  Bytes bytes(size);
  if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) {
    return base::OpensslError("random numbers");
  }
  return bytes;
}

}  // namespace attestd::dev_kbs
