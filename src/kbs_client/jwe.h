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

// A JWE with A256GCM, decoded but not decrypted.
struct JweEnvelope {
  TeeKeyKind kind = TeeKeyKind::kEcP256;  // of the key to which it is encrypted, by its "alg"
  std::string additional_data;            // of the GCM tag; empty for none
  EcPoint epk;                            // the sender's ephemeral key; empty for RSA
  base::Bytes encrypted_key;
  base::Bytes iv;  // 12 bytes
  base::Bytes ciphertext;
  base::Bytes tag;  // 16 bytes
};

// A flattened JWE (RFC 7516, 7.2.2) whose "alg" is exactly that of the kind: ECDH-ES+A256KW on its
// curve, RSA-OAEP-256 or RSA1_5. Internal (kReplyRejected) for any other algorithm, member, length
// or shape; never quotes input. An "epk" that is not of the curve has the text of DecryptJwe.
absl::StatusOr<JweEnvelope> ParseJwe(std::string body, TeeKeyKind kind = TeeKeyKind::kEcP256);

// The JWE of protocol 0.1.1 (Trustee 0.10 and 0.11), for kRsa15 alone: "protected" is plain JSON,
// the GCM tag ends the ciphertext, "tag" is empty, and there is no additional data: the header is
// not authenticated, so that it may say one thing only. Errors as of ParseJwe.
absl::StatusOr<JweEnvelope> ParseLegacyJwe(std::string body);

// The plaintext. Every cryptographic failure is one and the same error, Internal
// (kReplyRejected), and takes the same path: a key that does not unwrap is replaced by a random
// one (RFC 7516, 11.5).
absl::StatusOr<base::Secret> DecryptJwe(const JweEnvelope& envelope, const TeeKey& key);

// That one error.
absl::Status JweDoesNotDecrypt();

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_JWE_H_
