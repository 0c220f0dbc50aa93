// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_HANDSHAKE_H_
#define ATTESTD_KBS_CLIENT_HANDSHAKE_H_

#include <string>

#include "base/call_context.h"
#include "base/http.h"
#include "base/secret.h"
#include "base/status.h"
#include "evidence/collector.h"
#include "kbs_client/messages.h"
#include "kbs_client/protocol.h"
#include "kbs_client/seen_nonces.h"
#include "kbs_client/tee_key.h"

namespace attestd::kbs {

// What a handshake leaves: all of it lives and dies with the session.
struct Session {
  TeeKey key;
  Protocol protocol = Protocol::k040;
  base::Secret cookie;    // value of kbs-session-id
  base::Secret token;     // JWT
  base::Deadline expiry;  // of the cookie or the token, whichever comes first
  // "sha256:..." of the message that carried the evidence.
  std::string evidence = {};
};

// Whom to attest to, how, and what goes along with the evidence.
struct HandshakeOptions {
  std::string url;  // without a trailing slash
  Protocol protocol = Protocol::k040;
  TeeKeyKind key = TeeKeyKind::kEcP256;
  std::string init_data = {};  // its text; empty without
};

// What a handshake works with.
struct HandshakeTools {
  base::HttpTransport& transport;
  evidence::Collector& collector;
  SeenNonces& nonces;  // of this broker
};

// Request, Challenge, Attestation, Response. Errors name the step: "auth", "evidence" or "attest".
absl::StatusOr<Session> Handshake(const HandshakeOptions& options, const HandshakeTools& tools,
                                  const base::CallContext& context);

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_HANDSHAKE_H_
