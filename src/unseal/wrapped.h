// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_UNSEAL_WRAPPED_H_
#define ATTESTD_UNSEAL_WRAPPED_H_

#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::unseal {

// Ciphers of sealed secrets and key packets, in guest-components' words.
enum class WrapType {
  kA256Gcm,  // "A256GCM": the tag of 16 bytes ends the data
  kA256Ctr,  // "A256CTR": not authenticated
};

// InvalidArgument (kBadPacket) for any other name.
absl::StatusOr<WrapType> ParseWrapType(std::string_view name);
std::string_view WrapTypeName(WrapType type);

// What is encrypted under a key of 32 bytes.
struct Wrapped {
  WrapType type = WrapType::kA256Gcm;
  base::Bytes iv;  // 12 bytes for A256GCM, 16 for A256CTR
  base::Bytes data;
};

// InvalidArgument (kBadPacket) when IV or data have another length than the type asks for.
absl::Status CheckLengths(const Wrapped& wrapped);

// The plaintext. FailedPrecondition (kKeyUnfit) when the key has not 32 bytes; InvalidArgument
// (kDoesNotDecrypt), one and the same, whether the key is another or the data was changed. Under
// A256CTR neither is noticed.
absl::StatusOr<base::Secret> Unwrap(const Wrapped& wrapped, base::ByteView key);

// Encrypts with a random IV. FailedPrecondition (kKeyUnfit) as above.
absl::StatusOr<Wrapped> Wrap(WrapType type, base::ByteView key, base::ByteView plaintext);

// The error of Unwrap, for those who notice it later.
absl::Status DoesNotDecrypt();

// "BAD_PACKET" to the caller; the message names the part.
absl::Status BadPacket(std::string_view message);

}  // namespace attestd::unseal

#endif  // ATTESTD_UNSEAL_WRAPPED_H_
