// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_JWE_H_
#define ATTESTD_KBS_CLIENT_JWE_H_

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"
#include "kbs_client/tee_key.h"

namespace attestd::kbs {

// A flattened JWE (RFC 7516, 7.2.2) with ECDH-ES+A256KW and A256GCM, decoded but not decrypted.
struct JweEnvelope {
  std::string protected_text;  // as received: it is the additional data of the GCM tag
  EcPoint epk;                 // the sender's ephemeral key
  base::Bytes encrypted_key;
  base::Bytes iv;  // 12 bytes
  base::Bytes ciphertext;
  base::Bytes tag;  // 16 bytes
};

// Internal (kReplyRejected) for any other algorithm, member, length or shape; never quotes input.
absl::StatusOr<JweEnvelope> ParseJwe(std::string_view body);

// The plaintext. Every cryptographic failure is one and the same error, Internal
// (kReplyRejected), and takes the same path: a key that does not unwrap is replaced by a random
// one (RFC 7516, 11.5).
absl::StatusOr<base::Secret> DecryptJwe(const JweEnvelope& envelope, const TeeKey& key);

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_JWE_H_
