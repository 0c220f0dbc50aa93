// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_HANDSHAKE_H_
#define ATTESTD_KBS_CLIENT_HANDSHAKE_H_

#include <string>

#include "base/deadline.h"
#include "base/http.h"
#include "base/status.h"
#include "evidence/collector.h"
#include "kbs_client/messages.h"
#include "kbs_client/tee_key.h"

namespace attestd::kbs {

// What a handshake leaves: the key lives and dies with the session.
struct Session {
  TeeKey key;
  std::string cookie;  // value of kbs-session-id
  std::string token;   // JWT
  base::Deadline token_expiry;
};

// Whom to attest to, and what goes along with the evidence.
struct HandshakeOptions {
  std::string url;        // without a trailing slash
  std::string init_data;  // its text; empty without
};

// Request, Challenge, Attestation, Response. Errors name the step: "auth", "evidence" or "attest".
absl::StatusOr<Session> Handshake(const HandshakeOptions& options, base::HttpTransport& transport,
                                  evidence::Collector& collector, base::Deadline deadline);

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_HANDSHAKE_H_
