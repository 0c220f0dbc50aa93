// SPDX-License-Identifier: Apache-2.0
#include "bench/broker_session.h"

#include <utility>

#include "base/http_curl.h"
#include "kbs_client/jwe.h"

namespace attestd::bench {
namespace {

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(30)); }

}  // namespace

BrokerSession::BrokerSession(kbs::Session session, const BrokerOptions& options)
    : session_(std::move(session)),
      get_(options.url + "/kbs/v0/resource/" + options.resource, options.ca_file,
           "kbs-session-id=" + std::string(base::AsText(session_.cookie.view()))) {}

absl::StatusOr<BrokerSession> BrokerSession::Open(const BrokerOptions& options,
                                                  evidence::Collector& collector) {
  ASSIGN_OR_RETURN(auto transport, base::CreateCurlTransport({.ca_file = options.ca_file}));
  kbs::SeenNonces nonces;
  ASSIGN_OR_RETURN(
      kbs::Session session,
      kbs::Handshake({.url = options.url},
                     {.transport = *transport, .collector = collector, .nonces = nonces},
                     {.deadline = Soon()}));
  return BrokerSession(std::move(session), options);
}

absl::Status BrokerSession::Unwrap(const std::string& body) const {
  ASSIGN_OR_RETURN(const kbs::JweEnvelope envelope, kbs::ParseJwe(body));
  return kbs::DecryptJwe(envelope, session_.key).status();
}

}  // namespace attestd::bench
