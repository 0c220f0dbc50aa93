// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_AES256_H_
#define ATTESTD_BASE_AES256_H_

#include <cstddef>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"

// AES with a key of 32 bytes, in GCM (NIST SP 800-38D) and in CTR (SP 800-38A).
namespace attestd::base {

inline constexpr size_t kAes256KeySize = 32;
inline constexpr size_t kGcmIvSize = 12;
inline constexpr size_t kGcmTagSize = 16;
inline constexpr size_t kCtrIvSize = 16;  // the first counter block

// What GCM decrypts; all of it is authenticated.
struct GcmText {
  ByteView iv;  // 12 bytes
  ByteView ciphertext;
  ByteView tag;  // 16 bytes
  ByteView additional_data = {};
};

// The plaintext. One and the same error, Unauthenticated, for whatever does not fit: a size, the
// key, the IV, the text or the tag. ResourceExhausted when the secret memory is full.
absl::StatusOr<Secret> DecryptAes256Gcm(ByteView key, const GcmText& text);

// Ciphertext and, behind it, the tag. InvalidArgument for a wrong size of key or IV.
absl::StatusOr<Bytes> EncryptAes256Gcm(ByteView key, ByteView iv, ByteView plaintext);

// The same operation in both directions; nothing is authenticated, and any key gives some text.
// InvalidArgument for a wrong size of key or IV.
absl::StatusOr<Secret> DecryptAes256Ctr(ByteView key, ByteView iv, ByteView ciphertext);
absl::StatusOr<Bytes> EncryptAes256Ctr(ByteView key, ByteView iv, ByteView plaintext);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_AES256_H_
