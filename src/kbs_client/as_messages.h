// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_AS_MESSAGES_H_
#define ATTESTD_KBS_CLIENT_AS_MESSAGES_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "evidence/evidence_source.h"

// The messages of Trustee's RESTful attestation service (attestation-service/docs, restful-as).
// Parsers are pure; their errors are Internal (kReplyRejected) and never quote the input.
namespace attestd::kbs {

// POST /challenge. `tee` as the KBS protocol calls it.
absl::StatusOr<std::string> BuildAsChallengeRequest(std::string_view tee);

// Its answer: text that evidence has to be bound to, empty where the service has none for the
// platform. At most 1024 bytes of printable ASCII.
absl::StatusOr<std::string> ParseAsChallenge(std::string_view body);

// Evidence of the platform, and of the devices beside it as JSON text {"tee": evidence, ...} or "".
struct AsEvidence {
  std::string tee;
  evidence::Evidence primary;
  std::string devices;
};

// What is asked for beside the verdict.
struct AsRequest {
  std::string nonce;                  // see AsRuntimeData
  std::string init_data;              // its text; empty without
  std::vector<std::string> policies;  // empty: the service's "default"
};

// What evidence is bound to: SHA-256 over {"nonce": nonce}, canonical.
absl::StatusOr<std::string> AsRuntimeData(std::string_view nonce);

// POST /attestation: one verification request for each piece of evidence.
absl::StatusOr<std::string> BuildAsRequest(const AsEvidence& evidence, const AsRequest& request);

// Its answer: a signed JWT, as it came. Its signature is for the relying party to check.
absl::StatusOr<std::string> ParseAsToken(std::string body);

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_AS_MESSAGES_H_
