// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/kbs_client.h"

#include <utility>

#include "kbs_client/broker_error.h"
#include "kbs_client/jwe.h"

namespace attestd::kbs {

// A handshake that others may wait for. Guarded by KbsClient::mutex_.
struct KbsClient::Flight {
  bool done = false;
  absl::Status status;
};

KbsClient::KbsClient(HandshakeOptions options, std::unique_ptr<base::HttpTransport> transport,
                     evidence::Collector& collector)
    : options_(std::move(options)), transport_(std::move(transport)), collector_(collector) {}

bool KbsClient::HasSession() const {
  const absl::MutexLock lock(&mutex_);
  return session_ != nullptr;
}

absl::StatusOr<base::Secret> KbsClient::GetResource(const ResourceUri& uri,
                                                    base::Deadline deadline) {
  ASSIGN_OR_RETURN(SessionRef session, LiveSession(nullptr, deadline));
  absl::StatusOr<base::Secret> secret = Fetch(uri, *session, deadline);
  if (secret.ok() || !IsSessionLost(secret.status())) {
    return secret;
  }
  ASSIGN_OR_RETURN(session, LiveSession(session.get(), deadline));
  return Fetch(uri, *session, deadline);
}

absl::StatusOr<std::string> KbsClient::GetToken(base::Deadline deadline) {
  ASSIGN_OR_RETURN(SessionRef session, LiveSession(nullptr, deadline));
  if (session->token_expiry.Expired()) {
    ASSIGN_OR_RETURN(session, LiveSession(session.get(), deadline));
  }
  return session->token;
}

absl::StatusOr<KbsClient::SessionRef> KbsClient::LiveSession(const Session* stale,
                                                             base::Deadline deadline) {
  auto own = std::make_shared<Flight>();
  {
    const absl::MutexLock lock(&mutex_);
    while (session_ == nullptr || session_.get() == stale) {
      if (flight_ == nullptr) {
        flight_ = own;
        break;
      }
      const std::shared_ptr<Flight> joined = flight_;
      if (!mutex_.AwaitWithTimeout(absl::Condition(&joined->done), deadline.Remaining())) {
        return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
                                "no time left while waiting for the handshake");
      }
      // A leader that ran out of its own time says nothing about ours: try again.
      if (!joined->status.ok() && !absl::IsDeadlineExceeded(joined->status)) {
        return joined->status;
      }
    }
    if (flight_ != own) {
      return session_;
    }
  }
  return RunHandshake(*own, deadline);
}

absl::StatusOr<KbsClient::SessionRef> KbsClient::RunHandshake(Flight& flight,
                                                              base::Deadline deadline) {
  absl::StatusOr<Session> made = Handshake(options_, *transport_, collector_, deadline);
  const absl::MutexLock lock(&mutex_);
  flight.done = true;
  flight.status = made.status();
  flight_ = nullptr;
  if (!made.ok()) {
    session_ = nullptr;
    return made.status();
  }
  session_ = std::make_shared<const Session>(*std::move(made));
  return session_;
}

absl::StatusOr<base::Secret> KbsClient::Fetch(const ResourceUri& uri, const Session& session,
                                              base::Deadline deadline) {
  const absl::StatusOr<base::HttpResponse> response =
      transport_->Send({.method = base::HttpRequest::Method::kGet,
                        .url = options_.url + "/kbs/v0/resource/" + uri.path(),
                        .headers = {{"Cookie", "kbs-session-id=" + session.cookie}},
                        .body = {},
                        .deadline = deadline});
  if (!response.ok()) {
    return base::Annotate(response.status(), "resource");
  }
  if (response->status != 200) {
    return base::Annotate(BrokerError(Endpoint::kResource, *response), "resource");
  }
  ASSIGN_OR_RETURN(const JweEnvelope envelope, ParseJwe(response->body));
  return DecryptJwe(envelope, session.key);
}

}  // namespace attestd::kbs
