// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_MESSAGES_H_
#define ATTESTD_KBS_CLIENT_MESSAGES_H_

#include <absl/time/time.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/http.h"
#include "base/status.h"
#include "evidence/collector.h"
#include "evidence/runtime_data.h"

// The messages of the KBS attestation protocol 0.4.0 (Trustee, kbs_attestation_protocol.md).
// Builders give the body to send; parsers are pure and take what the broker sent. A parser's error
// is Internal (kReplyRejected) and never quotes the input.
namespace attestd::kbs {

inline constexpr std::string_view kProtocolVersion = "0.4.0";

// Message 1, POST /auth.
absl::StatusOr<std::string> BuildRequest(std::string_view tee);

// Message 2, the answer to /auth.
struct Challenge {
  std::string nonce;  // opaque text, 1 to 1024 bytes
  base::HashAlgorithm hash = base::HashAlgorithm::kSha384;
};
absl::StatusOr<Challenge> ParseChallenge(std::string_view body);

// The session cookie that comes with message 2: the value of "kbs-session-id".
absl::StatusOr<std::string> ParseSessionCookie(const std::vector<std::string>& set_cookie);

// Message 3, POST /attest. Without init data its text is empty.
absl::StatusOr<std::string> BuildAttestation(const evidence::RuntimeData& runtime_data,
                                             const evidence::CompositeEvidence& evidence,
                                             std::string_view init_data);

// Message 4, the answer to /attest: a JWT, whose signature is for the relying party to check.
struct AttestationToken {
  std::string jwt;
  absl::Duration lifetime;  // exp - iat; the wall clock is not asked
};
absl::StatusOr<AttestationToken> ParseAttestationResult(std::string_view body);

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_MESSAGES_H_
