// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/jwe.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/handle.h"
#include "base/openssl_error.h"

namespace attestd::kbs {
namespace {

using base::Secret;
using CipherContext = base::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr std::string_view kAlgorithm = "ECDH-ES+A256KW";
constexpr size_t kKeySize = 32;         // AES-256
constexpr size_t kWrappedKeySize = 40;  // RFC 3394: 8 bytes of check value in front

absl::Status Failed() {
  ERR_clear_error();
  return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kReplyRejected,
                          "JWE: it does not decrypt with this session's key");
}

void AppendU32(uint32_t value, base::Bytes& out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

// Concat KDF, one round (RFC 7518, 4.6.2): SHA-256(1 || Z || AlgorithmID || "" || "" || 256).
absl::StatusOr<Secret> DeriveKek(const Secret& z) {
  base::Bytes other_info;
  AppendU32(static_cast<uint32_t>(kAlgorithm.size()), other_info);
  other_info.insert(other_info.end(), kAlgorithm.begin(), kAlgorithm.end());
  AppendU32(0, other_info);
  AppendU32(0, other_info);
  AppendU32(kKeySize * 8, other_info);
  constexpr std::array<uint8_t, 4> kRound = {0, 0, 0, 1};
  const base::Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  ASSIGN_OR_RETURN(Secret kek, Secret::Allocate(kKeySize));
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), kRound.data(), kRound.size()) != 1 ||
      EVP_DigestUpdate(context.get(), z.view().data(), z.size()) != 1 ||
      EVP_DigestUpdate(context.get(), other_info.data(), other_info.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), kek.writable().data(), nullptr) != 1) {
    return base::OpensslError("JWE: key derivation");
  }
  return kek;
}

// AES-256 key unwrap (RFC 3394) into `cek`; false when the check value is wrong.
bool Unwrap(const Secret& kek, base::ByteView wrapped, Secret& cek) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  if (context == nullptr || wrapped.size() != kWrappedKeySize) {
    return false;
  }
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  int size = 0;
  return EVP_DecryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, kek.view().data(),
                            nullptr) == 1 &&
         EVP_DecryptUpdate(context.get(), cek.writable().data(), &size, wrapped.data(),
                           static_cast<int>(wrapped.size())) == 1 &&
         size == static_cast<int>(kKeySize);
}

// The content key, or a random one where the sender's does not come out.
absl::StatusOr<Secret> ContentKey(const JweEnvelope& envelope, const TeeKey& key) {
  ASSIGN_OR_RETURN(Secret random, Secret::Allocate(kKeySize));
  if (RAND_priv_bytes(random.writable().data(), static_cast<int>(random.size())) != 1) {
    return base::OpensslError("JWE: random bytes");
  }
  const absl::StatusOr<Secret> z = key.Agree(envelope.epk);
  if (!z.ok()) {
    return random;
  }
  ASSIGN_OR_RETURN(const Secret kek, DeriveKek(*z));
  ASSIGN_OR_RETURN(Secret cek, Secret::Allocate(kWrappedKeySize));
  if (!Unwrap(kek, envelope.encrypted_key, cek)) {
    return random;
  }
  cek.Truncate(kKeySize);
  return cek;
}

absl::StatusOr<Secret> DecryptContent(const JweEnvelope& envelope, const Secret& cek) {
  if (envelope.ciphertext.size() > std::numeric_limits<int>::max() - kKeySize) {
    return Failed();
  }
  ASSIGN_OR_RETURN(Secret plaintext, Secret::Allocate(envelope.ciphertext.size()));
  base::Bytes tag = envelope.tag;
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  int last = 0;
  std::array<uint8_t, 16> rest{};  // GCM has no final block
  const bool ok = context != nullptr &&
                  EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, cek.view().data(),
                                     envelope.iv.data()) == 1 &&
                  EVP_DecryptUpdate(context.get(), nullptr, &size,
                                    base::AsBytes(envelope.protected_text).data(),
                                    static_cast<int>(envelope.protected_text.size())) == 1 &&
                  (envelope.ciphertext.empty() ||
                   EVP_DecryptUpdate(context.get(), plaintext.writable().data(), &size,
                                     envelope.ciphertext.data(),
                                     static_cast<int>(envelope.ciphertext.size())) == 1) &&
                  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
                                      static_cast<int>(tag.size()), tag.data()) == 1 &&
                  EVP_DecryptFinal_ex(context.get(), rest.data(), &last) == 1;
  if (!ok) {
    return Failed();
  }
  return plaintext;
}

}  // namespace

absl::StatusOr<Secret> DecryptJwe(const JweEnvelope& envelope, const TeeKey& key) {
  ASSIGN_OR_RETURN(const Secret cek, ContentKey(envelope, key));
  ERR_clear_error();
  return DecryptContent(envelope, cek);
}

}  // namespace attestd::kbs
