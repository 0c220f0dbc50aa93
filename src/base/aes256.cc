// SPDX-License-Identifier: Apache-2.0
#include "base/aes256.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <limits>
#include <span>

#include "base/handle.h"
#include "base/openssl_error.h"

namespace attestd::base {
namespace {

using CipherContext = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

// EVP counts in int; room for the tag is left.
constexpr size_t kMaxText = std::numeric_limits<int>::max() - kGcmTagSize;

int Size(ByteView bytes) { return static_cast<int>(bytes.size()); }

absl::Status DoesNotDecrypt() {
  ERR_clear_error();
  return MakeStatus(absl::StatusCode::kUnauthenticated, "AES-256-GCM: it does not decrypt");
}

absl::Status CheckSizes(ByteView key, ByteView iv, size_t iv_size, ByteView text) {
  if (key.size() != kAes256KeySize || iv.size() != iv_size || text.size() > kMaxText) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "AES-256: a wrong size of key or IV");
  }
  return absl::OkStatus();
}

// `out` has the size of `in`.
absl::Status ApplyKeyStream(ByteView key, ByteView iv, ByteView in, std::span<uint8_t> out) {
  RETURN_IF_ERROR(CheckSizes(key, iv, kCtrIvSize, in));
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (context == nullptr ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, key.data(), iv.data()) != 1 ||
      (!in.empty() &&
       EVP_EncryptUpdate(context.get(), out.data(), &size, in.data(), Size(in)) != 1)) {
    return OpensslError("AES-256-CTR");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Secret> DecryptAes256Gcm(ByteView key, const GcmText& text) {
  if (!CheckSizes(key, text.iv, kGcmIvSize, text.ciphertext).ok() ||
      text.tag.size() != kGcmTagSize || text.additional_data.size() > kMaxText) {
    return DoesNotDecrypt();
  }
  ASSIGN_OR_RETURN(Secret plaintext, Secret::Allocate(text.ciphertext.size()));
  Bytes tag = ToBytes(text.tag);
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  std::array<uint8_t, kGcmTagSize> rest{};  // GCM has no final block
  const bool ok = context != nullptr &&
                  EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                                     text.iv.data()) == 1 &&
                  (text.additional_data.empty() ||
                   EVP_DecryptUpdate(context.get(), nullptr, &size, text.additional_data.data(),
                                     Size(text.additional_data)) == 1) &&
                  (text.ciphertext.empty() ||
                   EVP_DecryptUpdate(context.get(), plaintext.writable().data(), &size,
                                     text.ciphertext.data(), Size(text.ciphertext)) == 1) &&
                  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
                                      static_cast<int>(tag.size()), tag.data()) == 1 &&
                  EVP_DecryptFinal_ex(context.get(), rest.data(), &size) == 1;
  if (!ok) {
    return DoesNotDecrypt();
  }
  return plaintext;
}

absl::StatusOr<Bytes> EncryptAes256Gcm(ByteView key, ByteView iv, ByteView plaintext) {
  RETURN_IF_ERROR(CheckSizes(key, iv, kGcmIvSize, plaintext));
  Bytes sealed(plaintext.size() + kGcmTagSize);
  uint8_t* tag = sealed.data() + plaintext.size();
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (context == nullptr ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), iv.data()) != 1 ||
      (!plaintext.empty() && EVP_EncryptUpdate(context.get(), sealed.data(), &size,
                                               plaintext.data(), Size(plaintext)) != 1) ||
      EVP_EncryptFinal_ex(context.get(), tag, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTagSize, tag) != 1) {
    return OpensslError("AES-256-GCM");
  }
  return sealed;
}

absl::StatusOr<Secret> DecryptAes256Ctr(ByteView key, ByteView iv, ByteView ciphertext) {
  ASSIGN_OR_RETURN(Secret plaintext, Secret::Allocate(ciphertext.size()));
  RETURN_IF_ERROR(ApplyKeyStream(key, iv, ciphertext, plaintext.writable()));
  return plaintext;
}

absl::StatusOr<Bytes> EncryptAes256Ctr(ByteView key, ByteView iv, ByteView plaintext) {
  Bytes ciphertext(plaintext.size());
  RETURN_IF_ERROR(ApplyKeyStream(key, iv, plaintext, ciphertext));
  return ciphertext;
}

}  // namespace attestd::base
