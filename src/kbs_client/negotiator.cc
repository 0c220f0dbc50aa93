// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/negotiator.h"

#include <algorithm>
#include <utility>

namespace attestd::kbs {

Negotiator::Negotiator(NegotiatorOptions options, std::shared_ptr<base::HttpTransport> transport,
                       evidence::Collector& collector)
    : options_(std::move(options)),
      transport_(std::move(transport)),
      collector_(collector),
      spoken_(options_.protocols.front()) {}

absl::StatusOr<Session> Negotiator::Attest(const base::CallContext& context) {
  absl::StatusOr<Session> session = AttestAt(spoken_, context);
  const std::string named = NamedVersion(session.status());
  if (session.ok() || named.empty()) {
    return session;
  }
  const std::optional<Protocol> other = ParseProtocol(named);
  const auto& allowed = options_.protocols;
  if (!other.has_value() || *other == spoken_ ||
      std::find(allowed.begin(), allowed.end(), *other) == allowed.end()) {
    return Mismatch(named);
  }
  spoken_ = *other;
  session = AttestAt(spoken_, context);
  return NamedVersion(session.status()).empty() ? std::move(session)
                                                : Mismatch(NamedVersion(session.status()));
}

absl::StatusOr<Session> Negotiator::AttestAt(Protocol protocol, const base::CallContext& context) {
  return Handshake({.url = options_.url,
                    .protocol = protocol,
                    .key = protocol == Protocol::k011 ? TeeKeyKind::kRsa15 : options_.key,
                    .init_data = options_.init_data},
                   {.transport = *transport_, .collector = collector_, .nonces = nonces_}, context);
}

absl::Status Negotiator::Mismatch(const std::string& named) const {
  std::string ours;
  for (const Protocol protocol : options_.protocols) {
    ours += (ours.empty() ? "" : " and ") + std::string(ProtocolText(protocol));
  }
  const bool known = ParseProtocol(named).has_value();
  return base::MakeStatus(
      absl::StatusCode::kFailedPrecondition, base::Reason::kVersionMismatch,
      "auth: the broker speaks protocol " + named + ", attestd may speak " + ours +
          (known ? "; add \"" + named + "\" to protocol_versions of this [[kbs]]" : ""));
}

}  // namespace attestd::kbs
