// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/kbs_client.h"

#include <absl/strings/match.h>

#include <cstdint>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "kbs_client/broker_error.h"
#include "kbs_client/jwe.h"

namespace attestd::kbs {
namespace {

base::HttpHeader Authorization(Credential credential, const Session& session) {
  const bool bearer = credential == Credential::kBearer;
  std::string value(bearer ? "Bearer " : "kbs-session-id=");
  value += base::AsText(bearer ? session.token.view() : session.cookie.view());
  return {bearer ? "Authorization" : "Cookie", std::move(value)};
}

// A plugin that does not encrypt says so by another type than JSON (Trustee, plugin.encrypted).
bool IsInTheClear(const ResourceUri& uri, const base::HttpResponse& response) {
  const auto types = response.Values("content-type");
  return uri.plugin() != "resource" && types.size() == 1 &&
         !absl::StartsWithIgnoreCase(types.front(), "application/json");
}

absl::StatusOr<base::Secret> Open(std::string body, const Session& session) {
  absl::StatusOr<JweEnvelope> envelope = session.protocol == Protocol::k011
                                             ? ParseLegacyJwe(std::move(body))
                                             : ParseJwe(std::move(body), session.key.kind());
  RETURN_IF_ERROR(envelope.status());
  return DecryptJwe(*envelope, session.key);
}

absl::StatusOr<base::Secret> Read(const ResourceUri& uri, const Session& session,
                                  absl::StatusOr<base::HttpResponse> response) {
  if (!response.ok()) {
    return base::Annotate(response.status(), "resource");
  }
  if (response->status != 200) {
    return base::Annotate(BrokerError({Endpoint::kResource, session.protocol}, *response),
                          "resource");
  }
  if (IsInTheClear(uri, *response)) {
    absl::StatusOr<base::Secret> secret = base::Secret::Copy(base::AsBytes(response->body));
    base::WipeBytes({reinterpret_cast<uint8_t*>(response->body.data()), response->body.size()});
    return secret;
  }
  return Open(std::move(response->body), session);
}

void LogChange(const std::string& url, bool failing, const absl::Status& status) {
  if (failing) {
    base::Log(base::Severity::kWarning, "the broker fails; it is tried now and then",
              {{"url", url}, {"cause", base::StatusText(status)}});
  } else {
    base::Log(base::Severity::kNotice, "the broker answers again", {{"url", url}});
  }
}

}  // namespace

KbsClient::KbsClient(KbsClientOptions options, std::shared_ptr<base::HttpTransport> transport,
                     std::shared_ptr<SessionKeeper> sessions, const Random& random,
                     std::shared_ptr<SessionKeeper> exported)
    : options_(std::move(options)),
      transport_(std::move(transport)),
      sessions_(std::move(sessions)),
      exported_(std::move(exported)),
      breaker_(options_.breaker, random) {}

Broker::State KbsClient::GetState() const {
  const SessionKeeper::SessionRef session = sessions_->Live();
  const absl::MutexLock lock(&mutex_);
  return {.session = session != nullptr,
          .failing = breaker_.open(),
          .evidence = session != nullptr ? session->evidence : ""};
}

void KbsClient::GetResource(const ResourceUri& uri, const base::CallContext& context, Done done) {
  const absl::StatusOr<Breaker::Permit> permit = Admit();
  if (!permit.ok()) {
    done(permit.status());
    return;
  }
  Attempt(std::make_shared<Request>(Request{.uri = uri,
                                            .context = context,
                                            .done = std::move(done),
                                            .permit = *permit,
                                            .began = base::BootTime()}),
          /*lost=*/nullptr);
}

absl::StatusOr<Token> KbsClient::GetToken(const base::CallContext& context) {
  ASSIGN_OR_RETURN(const Breaker::Permit permit, Admit());
  const absl::Duration began = base::BootTime();
  const auto session = (exported_ != nullptr ? exported_ : sessions_)->Wait(context);
  Report(permit, began, session.status());
  RETURN_IF_ERROR(session.status());
  ASSIGN_OR_RETURN(base::Secret jwt, base::Secret::Copy((*session)->token.view()));
  Token token{.jwt = std::move(jwt), .key = {}};
  if (exported_ != nullptr) {
    ASSIGN_OR_RETURN(token.key, (*session)->key.PrivatePem());
  }
  return token;
}

void KbsClient::Attempt(const RequestRef& request, const Session* lost) {
  sessions_->Get(request->context, lost,
                 [this, request, first = lost == nullptr](
                     const absl::StatusOr<SessionKeeper::SessionRef>& session) {
                   if (session.ok()) {
                     Fetch(request, *session, first);
                   } else {
                     Conclude(*request, session.status());
                   }
                 });
}

void KbsClient::Fetch(const RequestRef& request, const SessionKeeper::SessionRef& session,
                      bool first) {
  const ResourceUri& uri = request->uri;
  transport_->Start(
      {.method = base::HttpRequest::Method::kGet,
       .url = options_.url + "/kbs/v0/" + uri.plugin() + "/" + uri.path() + uri.query(),
       .headers = {Authorization(options_.credential, *session)},
       .body = {},
       .deadline = request->context.deadline,
       .stop = request->context.stop},
      [this, request, session, first](absl::StatusOr<base::HttpResponse> response) {
        absl::StatusOr<base::Secret> secret =
            base::Guarded([&] { return Read(request->uri, *session, std::move(response)); });
        if (first && IsSessionLost(secret.status())) {
          Attempt(request, session.get());
        } else {
          Conclude(*request, std::move(secret));
        }
      });
}

void KbsClient::Conclude(const Request& request, absl::StatusOr<base::Secret> secret) {
  Report(request.permit, request.began, secret.status());
  request.done(std::move(secret));
}

absl::StatusOr<Breaker::Permit> KbsClient::Admit() {
  const absl::MutexLock lock(&mutex_);
  return breaker_.Admit(base::BootTime());
}

void KbsClient::Report(Breaker::Permit permit, absl::Duration began, const absl::Status& status) {
  const absl::Duration now = base::BootTime();
  const bool left = absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
  const absl::MutexLock lock(&mutex_);
  const bool was_open = breaker_.open();
  if (absl::IsUnavailable(status) || (left && now - began >= options_.patience)) {
    breaker_.Failed(
        permit, now,
        left ? base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kBrokerUnreachable,
                                "the broker did not answer in time")
             : status);
  } else if (left) {
    breaker_.Abandoned(permit);
  } else {
    breaker_.Succeeded();
  }
  if (breaker_.open() != was_open) {
    LogChange(options_.url, breaker_.open(), status);
  }
}

}  // namespace attestd::kbs
