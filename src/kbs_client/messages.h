// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_MESSAGES_H_
#define ATTESTD_KBS_CLIENT_MESSAGES_H_

#include <absl/time/time.h>

#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/http.h"
#include "base/json.h"
#include "base/status.h"
#include "evidence/collector.h"
#include "evidence/runtime_data.h"
#include "kbs_client/protocol.h"

// The messages of the KBS attestation protocol (Trustee, kbs_attestation_protocol.md). Builders
// give the body to send; parsers are pure and take what the broker sent. A parser's error is
// Internal (kReplyRejected) and never quotes the input.
namespace attestd::kbs {

// Message 1, POST /auth. `tee` as protocol 0.4.0 calls it; older ones write the Azure names without
// hyphens.
absl::StatusOr<std::string> BuildRequest(Protocol protocol, std::string_view tee);

// Message 2, the answer to /auth.
struct Challenge {
  std::string nonce;  // opaque text, 16 to 1024 bytes
  base::HashAlgorithm hash = base::HashAlgorithm::kSha384;
};
absl::StatusOr<Challenge> ParseChallenge(std::string_view body);

// The session cookie that comes with message 2: "kbs-session-id".
struct SessionCookie {
  std::string value;
  // Until it expires, by the broker's clock alone; infinite when it does not say.
  absl::Duration lifetime = absl::InfiniteDuration();
};
absl::StatusOr<SessionCookie> ParseSessionCookie(const base::HttpResponse& response);

// Message 3, POST /attest, of protocol 0.4.0. Without init data its text is empty.
absl::StatusOr<std::string> BuildAttestation(const evidence::RuntimeData& runtime_data,
                                             const evidence::CompositeEvidence& evidence,
                                             std::string_view init_data);
// The same of the protocols before: the platform's evidence alone, no init data.
absl::StatusOr<std::string> BuildPlainAttestation(const evidence::RuntimeData& runtime_data,
                                                  const evidence::Evidence& evidence);

// Message 4, the answer to /attest: a JWT, whose signature is for the relying party to check.
struct AttestationToken {
  std::string jwt;
  absl::Duration lifetime;  // by the broker's clock; ours is not asked
};
// A token that names another TEE key than `tee_pubkey`, or that has expired by the Date of the
// answer itself, is refused.
absl::StatusOr<AttestationToken> ParseAttestationResult(const base::HttpResponse& response,
                                                        const base::Json& tee_pubkey);

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_MESSAGES_H_
