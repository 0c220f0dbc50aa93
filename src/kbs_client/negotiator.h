// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_NEGOTIATOR_H_
#define ATTESTD_KBS_CLIENT_NEGOTIATOR_H_

#include <memory>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/http.h"
#include "base/status.h"
#include "evidence/collector.h"
#include "kbs_client/handshake.h"

namespace attestd::kbs {

struct NegotiatorOptions {
  std::string url;  // without a trailing slash
  // What may be spoken; the first is tried first. At least one.
  std::vector<Protocol> protocols = {Protocol::k040, Protocol::k020};
  TeeKeyKind key = TeeKeyKind::kEcP256;  // protocol 0.1.1 always takes RSA1_5
  std::string init_data = {};
};

// Makes sessions with one broker, at the protocol version that it names, which is remembered.
// Calls come one at a time.
class Negotiator {
 public:
  // The collector outlives it.
  Negotiator(NegotiatorOptions options, std::shared_ptr<base::HttpTransport> transport,
             evidence::Collector& collector);

  // One handshake; a second one when the broker names another version that may be spoken.
  // FailedPrecondition (kVersionMismatch) names the broker's version and ours when it may not.
  absl::StatusOr<Session> Attest(const base::CallContext& context);

 private:
  absl::StatusOr<Session> AttestAt(Protocol protocol, const base::CallContext& context);
  absl::Status Mismatch(const std::string& named) const;

  const NegotiatorOptions options_;
  const std::shared_ptr<base::HttpTransport> transport_;
  evidence::Collector& collector_;
  SeenNonces nonces_;
  Protocol spoken_;
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_NEGOTIATOR_H_
