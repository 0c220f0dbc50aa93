// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/handshake.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "kbs_client/broker_error.h"

namespace attestd::kbs {
namespace {

absl::StatusOr<base::HttpResponse> Post(const std::string& url, std::string body,
                                        std::vector<base::HttpHeader> headers,
                                        base::HttpTransport& transport, base::Deadline deadline) {
  headers.push_back({"Content-Type", "application/json"});
  headers.push_back({"Accept", "application/json"});
  return transport.Send({.method = base::HttpRequest::Method::kPost,
                         .url = url,
                         .headers = std::move(headers),
                         .body = std::move(body),
                         .deadline = deadline});
}

struct ChallengedSession {
  Challenge challenge;
  std::string cookie;
};

// Messages 1 and 2.
absl::StatusOr<ChallengedSession> RequestChallenge(const std::string& url, std::string_view tee,
                                                   base::HttpTransport& transport,
                                                   base::Deadline deadline) {
  ASSIGN_OR_RETURN(std::string request, BuildRequest(tee));
  ASSIGN_OR_RETURN(const base::HttpResponse response,
                   Post(url + "/kbs/v0/auth", std::move(request), {}, transport, deadline));
  if (response.status != 200) {
    return BrokerError(Endpoint::kAuth, response);
  }
  ChallengedSession session;
  ASSIGN_OR_RETURN(session.challenge, ParseChallenge(response.body));
  ASSIGN_OR_RETURN(session.cookie, ParseSessionCookie(response.Values("set-cookie")));
  return session;
}

// Messages 3 and 4.
absl::StatusOr<AttestationToken> Attest(const std::string& url, std::string attestation,
                                        const std::string& cookie, base::HttpTransport& transport,
                                        base::Deadline deadline) {
  ASSIGN_OR_RETURN(const base::HttpResponse response,
                   Post(url + "/kbs/v0/attest", std::move(attestation),
                        {{"Cookie", "kbs-session-id=" + cookie}}, transport, deadline));
  if (response.status != 200) {
    return BrokerError(Endpoint::kAttest, response);
  }
  return ParseAttestationResult(response.body);
}

}  // namespace

absl::StatusOr<Session> Handshake(const HandshakeOptions& options, base::HttpTransport& transport,
                                  evidence::Collector& collector, base::Deadline deadline) {
  auto challenged = RequestChallenge(options.url, collector.tee(), transport, deadline);
  if (!challenged.ok()) {
    return base::Annotate(challenged.status(), "auth");
  }
  ASSIGN_OR_RETURN(TeeKey key, TeeKey::Generate());
  ASSIGN_OR_RETURN(base::Json public_jwk, key.PublicJwk());
  const evidence::RuntimeData runtime_data(challenged->challenge.nonce, std::move(public_jwk));

  const auto evidence = collector.CollectFor(runtime_data, challenged->challenge.hash, deadline);
  if (!evidence.ok()) {
    return base::Annotate(evidence.status(), "evidence");
  }
  ASSIGN_OR_RETURN(std::string attestation,
                   BuildAttestation(runtime_data, *evidence, options.init_data));
  auto token = Attest(options.url, std::move(attestation), challenged->cookie, transport, deadline);
  if (!token.ok()) {
    return base::Annotate(token.status(), "attest");
  }
  return Session{.key = std::move(key),
                 .cookie = std::move(challenged->cookie),
                 .token = std::move(token->jwt),
                 .token_expiry = base::Deadline::After(token->lifetime)};
}

}  // namespace attestd::kbs
