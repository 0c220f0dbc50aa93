// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/jwe_open.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/hash.h"
#include "base/openssl_error.h"
#include "test/dev_kbs/rsa_key.h"

namespace attestd::dev_kbs {
namespace {

using base::Bytes;
using base::ByteView;
using CipherContext = base::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

absl::StatusOr<Bytes> Member(const base::Json& object, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string text, base::GetString(object, name));
  return base::Base64UrlDecode(text);
}

absl::StatusOr<Bytes> Derive(EVP_PKEY* key, EVP_PKEY* peer) {
  const base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new(key, nullptr));
  size_t size = 0;
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer) != 1 ||
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return base::OpensslError("ECDH");
  }
  Bytes shared(size);
  if (EVP_PKEY_derive(context.get(), shared.data(), &size) != 1 || size != shared.size()) {
    return base::OpensslError("ECDH");
  }
  return shared;
}

// RFC 7518, 4.6.2: SHA-256(00000001 || Z || AlgorithmID || PartyUInfo || PartyVInfo ||
// SuppPubInfo).
absl::StatusOr<Bytes> WrappingKey(ByteView shared) {
  std::string input("\0\0\0\x01", 4);
  input += base::AsText(shared);
  input += std::string_view(
      "\0\0\0\x0e"
      "ECDH-ES+A256KW"
      "\0\0\0\0"
      "\0\0\0\0"
      "\0\0\x01\0",
      30);
  return base::Hash(base::HashAlgorithm::kSha256, base::AsBytes(input));
}

absl::StatusOr<Bytes> Unwrap(const Bytes& wrapping_key, const Bytes& wrapped) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  Bytes key(wrapped.size() + EVP_MAX_BLOCK_LENGTH);
  int size = 0;
  if (EVP_DecryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, wrapping_key.data(),
                         nullptr) != 1 ||
      EVP_DecryptUpdate(context.get(), key.data(), &size, wrapped.data(),
                        static_cast<int>(wrapped.size())) != 1) {
    return base::OpensslError("key unwrap");
  }
  key.resize(static_cast<size_t>(size));
  return key;
}

struct Sealed {
  Bytes iv;
  Bytes ciphertext;
  Bytes tag;
};

absl::StatusOr<Bytes> Decrypt(const Bytes& key, std::string_view aad, Sealed sealed) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  Bytes plaintext(sealed.ciphertext.size() + 1);
  int size = 0;
  if (sealed.iv.size() != 12 || sealed.tag.size() != 16 || key.size() != 32) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "a part has the wrong size");
  }
  if (EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), sealed.iv.data()) !=
          1 ||
      (!aad.empty() && EVP_DecryptUpdate(context.get(), nullptr, &size, base::AsBytes(aad).data(),
                                         static_cast<int>(aad.size())) != 1) ||
      EVP_DecryptUpdate(context.get(), plaintext.data(), &size, sealed.ciphertext.data(),
                        static_cast<int>(sealed.ciphertext.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, 16, sealed.tag.data()) != 1 ||
      EVP_DecryptFinal_ex(context.get(), plaintext.data() + sealed.ciphertext.size(), &size) != 1) {
    return base::OpensslError("A256GCM");
  }
  plaintext.resize(sealed.ciphertext.size());
  return plaintext;
}

absl::StatusOr<Bytes> ContentKey(EVP_PKEY* key, const base::Json& header, const Bytes& wrapped) {
  const std::string alg = header.at("alg");
  if (alg == "RSA-OAEP-256" || alg == "RSA1_5") {
    return RsaDecrypt(key, alg == "RSA1_5" ? RsaPadding::kPkcs1 : RsaPadding::kOaepSha256, wrapped);
  }
  if (alg != "ECDH-ES+A256KW") {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "another algorithm");
  }
  const Curve& curve = header.at("epk").at("crv") == kP521.name ? kP521 : kP256;
  ASSIGN_OR_RETURN(const KeyHandle peer, EcKeyFromJwk(curve, header.at("epk")));
  ASSIGN_OR_RETURN(const Bytes shared, Derive(key, peer.get()));
  ASSIGN_OR_RETURN(const Bytes wrapping_key, WrappingKey(shared));
  return Unwrap(wrapping_key, wrapped);
}

}  // namespace

absl::StatusOr<KeyHandle> PrivateEcKeyFromJwk(const base::Json& jwk) {
  ASSIGN_OR_RETURN(const std::string curve, base::GetString(jwk, "crv"));
  ASSIGN_OR_RETURN(const Bytes x, Member(jwk, "x"));
  ASSIGN_OR_RETURN(const Bytes y, Member(jwk, "y"));
  ASSIGN_OR_RETURN(const Bytes d, Member(jwk, "d"));
  Bytes point = {4};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  const base::Handle<BIGNUM, BN_free> scalar(
      BN_bin2bn(d.data(), static_cast<int>(d.size()), nullptr));
  const base::Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.data(),
                                  curve.size());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get());
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  const base::Handle<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    return base::OpensslError("EC key");
  }
  return KeyHandle(key);
}

absl::StatusOr<Bytes> OpenJwe(EVP_PKEY* key, std::string_view jwe) {
  ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(jwe));
  ASSIGN_OR_RETURN(std::string protected_header, base::GetString(json, "protected"));
  const bool legacy = json.at("tag") == "";
  Bytes header_text = base::ToBytes(base::AsBytes(protected_header));
  if (!legacy) {
    ASSIGN_OR_RETURN(header_text, base::Base64UrlDecode(protected_header));
  }
  ASSIGN_OR_RETURN(const base::Json header, base::ParseJson(base::AsText(header_text)));
  ASSIGN_OR_RETURN(const Bytes wrapped, Member(json, "encrypted_key"));
  ASSIGN_OR_RETURN(const Bytes content_key, ContentKey(key, header, wrapped));
  Sealed sealed;
  ASSIGN_OR_RETURN(sealed.iv, Member(json, "iv"));
  ASSIGN_OR_RETURN(sealed.ciphertext, Member(json, "ciphertext"));
  ASSIGN_OR_RETURN(sealed.tag, Member(json, "tag"));
  if (legacy && sealed.ciphertext.size() >= 16) {
    sealed.tag.assign(sealed.ciphertext.end() - 16, sealed.ciphertext.end());
    sealed.ciphertext.resize(sealed.ciphertext.size() - 16);
    protected_header.clear();
  }
  return Decrypt(content_key, protected_header, sealed);
}

}  // namespace attestd::dev_kbs
