// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_HASH_H_
#define ATTESTD_BASE_HASH_H_

#include <openssl/types.h>

#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::base {

enum class HashAlgorithm { kSha256, kSha384, kSha512 };

// "sha256", "sha384", "sha512" in any case (KBS protocol 0.4.0); anything else is InvalidArgument.
absl::StatusOr<HashAlgorithm> ParseHashAlgorithm(std::string_view name);
std::string_view HashAlgorithmName(HashAlgorithm algorithm);

// OpenSSL's name for it.
const EVP_MD* OpensslDigest(HashAlgorithm algorithm);

// Digest of 32, 48 or 64 bytes. Internal when OpenSSL fails.
absl::StatusOr<Bytes> Hash(HashAlgorithm algorithm, ByteView bytes);

// What a measurement register (PCR, RTMR) holds after one more extend: hash(value || digest).
absl::StatusOr<Bytes> ExtendedValue(HashAlgorithm algorithm, ByteView value, ByteView digest);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_HASH_H_
