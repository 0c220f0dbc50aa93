// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/jwe.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/aes256.h"
#include "base/handle.h"
#include "base/openssl_error.h"
#include "kbs_client/constant_time.h"

namespace attestd::kbs {
namespace {

using base::Secret;
using CipherContext = base::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr size_t kWrappedKeySize = kContentKeySize + 8;  // RFC 3394: a check value in front

void AppendU32(uint32_t value, base::Bytes& out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

// Concat KDF, one round (RFC 7518, 4.6.2): SHA-256(1 || Z || AlgorithmID || "" || "" || 256).
absl::StatusOr<Secret> DeriveKek(const Secret& z, std::string_view algorithm) {
  base::Bytes other_info;
  AppendU32(static_cast<uint32_t>(algorithm.size()), other_info);
  other_info.insert(other_info.end(), algorithm.begin(), algorithm.end());
  AppendU32(0, other_info);
  AppendU32(0, other_info);
  AppendU32(kContentKeySize * 8, other_info);
  constexpr std::array<uint8_t, 4> kRound = {0, 0, 0, 1};
  const base::Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  ASSIGN_OR_RETURN(Secret kek, Secret::Allocate(kContentKeySize));
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), kRound.data(), kRound.size()) != 1 ||
      EVP_DigestUpdate(context.get(), z.view().data(), z.size()) != 1 ||
      EVP_DigestUpdate(context.get(), other_info.data(), other_info.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), kek.writable().data(), nullptr) != 1) {
    return base::OpensslError("JWE: key derivation");
  }
  return kek;
}

// AES-256 key unwrap (RFC 3394) into `cek`; 0xff when the check value is right, else 0. A block of
// the wrong length costs the same, as another block.
uint8_t Unwrap(const Secret& kek, base::ByteView wrapped, Secret& cek) {
  std::array<uint8_t, kWrappedKeySize> block{};
  const bool good = wrapped.size() == block.size();
  if (good) {
    std::copy(wrapped.begin(), wrapped.end(), block.begin());
  }
  const CipherContext context(EVP_CIPHER_CTX_new());
  if (context == nullptr) {
    return 0;
  }
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  int size = 0;
  const bool unwrapped = EVP_DecryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr,
                                            kek.view().data(), nullptr) == 1 &&
                         EVP_DecryptUpdate(context.get(), cek.writable().data(), &size,
                                           block.data(), static_cast<int>(block.size())) == 1 &&
                         size == static_cast<int>(kContentKeySize);
  return MaskIf(good) & MaskIf(unwrapped);
}

// ECDH-ES+A256KW (RFC 7518, 4.6). A point that is none goes the whole way too, with zeros for Z,
// and ends at `fallback`.
absl::StatusOr<Secret> AgreeOnContentKey(const JweEnvelope& envelope, const TeeKey& key,
                                         const Secret& fallback) {
  const TeeKeyNames names = NamesOf(key.kind());
  absl::StatusOr<Secret> z = key.Agree(envelope.epk);
  const uint8_t agreed = MaskIf(z.ok());
  if (!z.ok()) {
    z = Secret::Allocate(names.coordinate_size);
    RETURN_IF_ERROR(z.status());
  }
  ASSIGN_OR_RETURN(const Secret kek, DeriveKek(*z, names.alg));
  ASSIGN_OR_RETURN(Secret cek, Secret::Allocate(kWrappedKeySize));
  const uint8_t unwrapped = Unwrap(kek, envelope.encrypted_key, cek);
  cek.Truncate(kContentKeySize);
  KeepIf(agreed & unwrapped, cek.writable(), fallback.view());
  return cek;
}

// The content key, or a random one where the sender's does not come out.
absl::StatusOr<Secret> ContentKey(const JweEnvelope& envelope, const TeeKey& key) {
  ASSIGN_OR_RETURN(Secret random, Secret::Allocate(kContentKeySize));
  if (RAND_priv_bytes(random.writable().data(), static_cast<int>(random.size())) != 1) {
    return base::OpensslError("JWE: random bytes");
  }
  if (envelope.kind != key.kind()) {
    return random;
  }
  return NamesOf(key.kind()).crv.empty() ? key.DecryptContentKey(envelope.encrypted_key, random)
                                         : AgreeOnContentKey(envelope, key, random);
}

absl::StatusOr<Secret> DecryptContent(const JweEnvelope& envelope, const Secret& cek) {
  absl::StatusOr<Secret> plaintext = base::DecryptAes256Gcm(
      cek.view(), {.iv = envelope.iv,
                   .ciphertext = envelope.ciphertext,
                   .tag = envelope.tag,
                   .additional_data = base::AsBytes(envelope.additional_data)});
  return absl::IsUnauthenticated(plaintext.status()) ? JweDoesNotDecrypt() : std::move(plaintext);
}

}  // namespace

absl::Status JweDoesNotDecrypt() {
  return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kReplyRejected,
                          "JWE: it does not decrypt with this session's key");
}

absl::StatusOr<Secret> DecryptJwe(const JweEnvelope& envelope, const TeeKey& key) {
  ASSIGN_OR_RETURN(const Secret cek, ContentKey(envelope, key));
  ERR_clear_error();
  return DecryptContent(envelope, cek);
}

}  // namespace attestd::kbs
