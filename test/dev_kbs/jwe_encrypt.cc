// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/jwe_encrypt.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/handle.h"
#include "base/openssl_error.h"
#include "test/dev_kbs/ec_key.h"
#include "test/dev_kbs/rsa_key.h"

namespace attestd::dev_kbs {
namespace {

using base::Bytes;
using base::Secret;
using CipherContext = base::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr size_t kKeySize = 32;                // A256GCM, A256KW
constexpr size_t kIvSize = 12;                 // RFC 7518, 5.3
constexpr size_t kTagSize = 16;                // RFC 7518, 5.3
constexpr size_t kWrappedSize = kKeySize + 8;  // RFC 3394, 2.2.1
constexpr std::string_view kEcdhAlg = "ECDH-ES+A256KW";
constexpr std::string_view kRsa15Alg = "RSA1_5";

// The content key as the recipient gets it, and the members that its algorithm adds to the header.
// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library's move has assertions only.
struct WrappedKey {
  Bytes encrypted_key;
  base::Json header;
};

void AppendU32Be(Bytes& out, uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

// EcKeyFromJwk made sure that the point is on the curve, and the curves have no other subgroup:
// OpenSSL's own check would cost as much as the derivation.
constexpr int kNoFurtherCheck = 0;

absl::StatusOr<Secret> SharedSecret(EVP_PKEY* ephemeral, EVP_PKEY* recipient) {
  const base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, ephemeral, nullptr));
  size_t size = 0;
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), recipient, kNoFurtherCheck) != 1 ||
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return base::OpensslError("ECDH");
  }
  ASSIGN_OR_RETURN(Secret shared, Secret::Allocate(size));
  if (EVP_PKEY_derive(context.get(), shared.writable().data(), &size) != 1) {
    return base::OpensslError("ECDH");
  }
  shared.Truncate(size);
  return shared;
}

// Concat KDF with SHA-256 (RFC 7518, 4.6.2), empty party info; OpenSSL names it SSKDF.
absl::StatusOr<Secret> ConcatKdf(Secret& shared) {
  Bytes info;
  AppendU32Be(info, static_cast<uint32_t>(kEcdhAlg.size()));
  info.insert(info.end(), kEcdhAlg.begin(), kEcdhAlg.end());
  AppendU32Be(info, 0);
  AppendU32Be(info, 0);
  AppendU32Be(info, static_cast<uint32_t>(8 * kKeySize));
  std::string digest = "SHA2-256";
  const std::array<OSSL_PARAM, 4> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared.writable().data(),
                                        shared.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  const base::Handle<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "SSKDF", nullptr));
  const base::Handle<EVP_KDF_CTX, EVP_KDF_CTX_free> context(EVP_KDF_CTX_new(kdf.get()));
  ASSIGN_OR_RETURN(Secret key, Secret::Allocate(kKeySize));
  if (context == nullptr ||
      EVP_KDF_derive(context.get(), key.writable().data(), key.size(), params.data()) != 1) {
    return base::OpensslError("Concat KDF");
  }
  return key;
}

// AES key wrap (RFC 3394).
absl::StatusOr<Bytes> Wrap(const Secret& wrapping_key, const Secret& key) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  if (context == nullptr) {
    return base::OpensslError("key wrap");
  }
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  Bytes wrapped(kWrappedSize + EVP_MAX_BLOCK_LENGTH);
  int size = 0;
  if (EVP_EncryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, wrapping_key.view().data(),
                         nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), wrapped.data(), &size, key.view().data(),
                        static_cast<int>(key.size())) != 1 ||
      static_cast<size_t>(size) != kWrappedSize) {
    return base::OpensslError("key wrap");
  }
  wrapped.resize(kWrappedSize);
  return wrapped;
}

absl::StatusOr<WrappedKey> WrapByEcdh(const Curve& curve, const base::Json& jwk,
                                      const Secret& content_key) {
  ASSIGN_OR_RETURN(const KeyHandle recipient, EcKeyFromJwk(curve, jwk));
  ASSIGN_OR_RETURN(const KeyHandle ephemeral, GenerateEcKey(curve));
  ASSIGN_OR_RETURN(Secret shared, SharedSecret(ephemeral.get(), recipient.get()));
  ASSIGN_OR_RETURN(const Secret wrapping_key, ConcatKdf(shared));
  WrappedKey wrapped;
  ASSIGN_OR_RETURN(wrapped.encrypted_key, Wrap(wrapping_key, content_key));
  ASSIGN_OR_RETURN(base::Json epk, PublicEcJwk(curve, *ephemeral));
  wrapped.header = {{"epk", std::move(epk)}};
  return wrapped;
}

absl::StatusOr<WrappedKey> WrapToP256(const base::Json& jwk, const Secret& content_key) {
  return WrapByEcdh(kP256, jwk, content_key);
}

absl::StatusOr<WrappedKey> WrapToP521(const base::Json& jwk, const Secret& content_key) {
  return WrapByEcdh(kP521, jwk, content_key);
}

absl::StatusOr<WrappedKey> WrapByRsa(RsaPadding padding, const base::Json& jwk,
                                     const Secret& content_key) {
  ASSIGN_OR_RETURN(const KeyHandle recipient, RsaKeyFromJwk(jwk));
  WrappedKey wrapped;
  ASSIGN_OR_RETURN(wrapped.encrypted_key, RsaEncrypt(recipient.get(), padding, content_key.view()));
  return wrapped;
}

absl::StatusOr<WrappedKey> WrapByOaep(const base::Json& jwk, const Secret& content_key) {
  return WrapByRsa(RsaPadding::kOaepSha256, jwk, content_key);
}

absl::StatusOr<WrappedKey> WrapByPkcs1(const base::Json& jwk, const Secret& content_key) {
  return WrapByRsa(RsaPadding::kPkcs1, jwk, content_key);
}

struct KeyAlgorithm {
  std::string_view kty;
  std::string_view crv;  // empty where the key has none
  std::string_view alg;
  absl::StatusOr<WrappedKey> (*wrap)(const base::Json& jwk, const Secret& content_key);
};

constexpr std::array<KeyAlgorithm, 4> kKeyAlgorithms = {{{"EC", "P-256", kEcdhAlg, WrapToP256},
                                                         {"EC", "P-521", kEcdhAlg, WrapToP521},
                                                         {"RSA", "", "RSA-OAEP-256", WrapByOaep},
                                                         {"RSA", "", kRsa15Alg, WrapByPkcs1}}};

// Empty where the member is absent or no text.
std::string TextMember(const base::Json& jwk, std::string_view name) {
  return base::GetString(jwk, name).value_or("");
}

absl::StatusOr<const KeyAlgorithm*> FindAlgorithm(const base::Json& jwk) {
  for (const KeyAlgorithm& algorithm : kKeyAlgorithms) {
    if (TextMember(jwk, "kty") == algorithm.kty && TextMember(jwk, "crv") == algorithm.crv &&
        TextMember(jwk, "alg") == algorithm.alg) {
      return &algorithm;
    }
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "this broker cannot encrypt to the TEE's kind of key");
}

struct Sealed {
  Bytes iv = Bytes(kIvSize);
  Bytes ciphertext;
  Bytes tag = Bytes(kTagSize);
};

absl::StatusOr<Sealed> Seal(const Secret& key, base::ByteView aad, const Secret& plaintext) {
  Sealed sealed;
  sealed.ciphertext.resize(plaintext.size());
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (context == nullptr || RAND_bytes(sealed.iv.data(), static_cast<int>(kIvSize)) != 1 ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.view().data(),
                         sealed.iv.data()) != 1 ||
      (!aad.empty() && EVP_EncryptUpdate(context.get(), nullptr, &size, aad.data(),
                                         static_cast<int>(aad.size())) != 1) ||
      EVP_EncryptUpdate(context.get(), sealed.ciphertext.data(), &size, plaintext.view().data(),
                        static_cast<int>(plaintext.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), sealed.tag.data(), &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTagSize),
                          sealed.tag.data()) != 1) {
    return base::OpensslError("A256GCM");
  }
  return sealed;
}

// The JWE of RFC 7516.
absl::StatusOr<base::Json> SealRfc7516(const std::string& header, const Secret& content_key,
                                       const Secret& plaintext) {
  const std::string encoded = base::Base64UrlEncode(base::AsBytes(header));
  ASSIGN_OR_RETURN(const Sealed sealed, Seal(content_key, base::AsBytes(encoded), plaintext));
  return base::Json{{"protected", encoded},
                    {"iv", base::Base64UrlEncode(sealed.iv)},
                    {"ciphertext", base::Base64UrlEncode(sealed.ciphertext)},
                    {"tag", base::Base64UrlEncode(sealed.tag)}};
}

// That of Trustee 0.10.
absl::StatusOr<base::Json> SealLegacy(const std::string& header, const Secret& content_key,
                                      const Secret& plaintext) {
  ASSIGN_OR_RETURN(Sealed sealed, Seal(content_key, {}, plaintext));
  sealed.ciphertext.insert(sealed.ciphertext.end(), sealed.tag.begin(), sealed.tag.end());
  return base::Json{{"protected", header},
                    {"iv", base::Base64UrlEncode(sealed.iv)},
                    {"ciphertext", base::Base64UrlEncode(sealed.ciphertext)},
                    {"tag", ""}};
}

}  // namespace

absl::StatusOr<std::string> EncryptToTee(const base::Json& tee_pubkey, const Secret& plaintext,
                                         JweForm form, const Disclosure& disclose) {
  ASSIGN_OR_RETURN(const KeyAlgorithm* algorithm, FindAlgorithm(tee_pubkey));
  const bool legacy = form == JweForm::kLegacy;
  if (legacy && algorithm->alg != kRsa15Alg) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "protocol 0.1.1 encrypts to RSA1_5 keys only");
  }
  ASSIGN_OR_RETURN(Secret content_key, Secret::Allocate(kKeySize));
  if (RAND_bytes(content_key.writable().data(), static_cast<int>(kKeySize)) != 1) {
    return base::OpensslError("content key");
  }
  if (disclose) {
    disclose("cek", content_key.view());
  }
  ASSIGN_OR_RETURN(WrappedKey wrapped, algorithm->wrap(tee_pubkey, content_key));
  wrapped.header["alg"] = algorithm->alg;
  wrapped.header["enc"] = "A256GCM";
  ASSIGN_OR_RETURN(const std::string header, base::DumpJson(wrapped.header));
  ASSIGN_OR_RETURN(base::Json jwe, legacy ? SealLegacy(header, content_key, plaintext)
                                          : SealRfc7516(header, content_key, plaintext));
  jwe["encrypted_key"] = base::Base64UrlEncode(wrapped.encrypted_key);
  return base::DumpJson(jwe);
}

}  // namespace attestd::dev_kbs
