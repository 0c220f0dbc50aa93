// SPDX-License-Identifier: Apache-2.0
#include "bench/broker_session.h"

#include <utility>

#include "base/http_curl.h"
#include "kbs_client/jwe.h"

namespace attestd::bench {
namespace {

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(30)); }

}  // namespace

BrokerSession::BrokerSession(std::unique_ptr<base::HttpTransport> transport, kbs::Session session,
                             const BrokerOptions& options)
    : transport_(std::move(transport)),
      session_(std::move(session)),
      url_(options.url + "/kbs/v0/resource/" + options.resource) {}

absl::StatusOr<BrokerSession> BrokerSession::Open(const BrokerOptions& options,
                                                  evidence::Collector& collector) {
  ASSIGN_OR_RETURN(auto transport, base::CreateCurlTransport({.ca_file = options.ca_file}));
  kbs::SeenNonces nonces;
  ASSIGN_OR_RETURN(
      kbs::Session session,
      kbs::Handshake({.url = options.url},
                     {.transport = *transport, .collector = collector, .nonces = nonces},
                     {.deadline = Soon()}));
  return BrokerSession(std::move(transport), std::move(session), options);
}

absl::StatusOr<std::string> BrokerSession::Get() {
  ASSIGN_OR_RETURN(base::HttpResponse response,
                   transport_->Send({.method = base::HttpRequest::Method::kGet,
                                     .url = url_,
                                     .headers = {{"Cookie", "kbs-session-id=" + session_.cookie}},
                                     .body = {},
                                     .deadline = Soon()}));
  if (response.status != 200) {
    return base::MakeStatus(absl::StatusCode::kInternal, "HTTP " + std::to_string(response.status));
  }
  return std::move(response.body);
}

absl::Status BrokerSession::Unwrap(const std::string& body) const {
  ASSIGN_OR_RETURN(const kbs::JweEnvelope envelope, kbs::ParseJwe(body));
  return kbs::DecryptJwe(envelope, session_.key).status();
}

}  // namespace attestd::bench
