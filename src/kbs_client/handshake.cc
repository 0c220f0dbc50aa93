// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/handshake.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "kbs_client/broker_error.h"

namespace attestd::kbs {
namespace {

class Steps {
 public:
  Steps(const HandshakeOptions& options, const HandshakeTools& tools,
        const base::CallContext& context)
      : options_(options), tools_(tools), context_(context) {}

  struct Challenged {
    Challenge challenge;
    SessionCookie cookie;
    base::Deadline expiry;
  };
  // Messages 1 and 2.
  absl::StatusOr<Challenged> RequestChallenge() {
    ASSIGN_OR_RETURN(std::string request, BuildRequest(options_.protocol, tools_.collector.tee()));
    ASSIGN_OR_RETURN(const base::HttpResponse response,
                     Post("/kbs/v0/auth", std::move(request), {}));
    if (response.status != 200) {
      return BrokerError({Endpoint::kAuth, options_.protocol}, response);
    }
    Challenged challenged{.challenge = {}, .cookie = {}, .expiry = base::Deadline::Infinite()};
    ASSIGN_OR_RETURN(challenged.challenge, ParseChallenge(response.body));
    if (!tools_.nonces.Insert(challenged.challenge.nonce)) {
      return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kReplyRejected,
                              "challenge: the nonce of an earlier handshake came again");
    }
    ASSIGN_OR_RETURN(challenged.cookie, ParseSessionCookie(response));
    challenged.expiry = base::Deadline::After(challenged.cookie.lifetime);
    return challenged;
  }

  // What message 3 carries: evidence bound to the nonce and the TEE key.
  absl::StatusOr<std::string> GatherEvidence(const evidence::RuntimeData& runtime_data,
                                             base::HashAlgorithm hash) {
    RETURN_IF_ERROR(context_.Check());
    if (options_.protocol == Protocol::k040) {
      ASSIGN_OR_RETURN(const evidence::CompositeEvidence evidence,
                       tools_.collector.CollectFor(runtime_data, hash, context_.deadline));
      return BuildAttestation(runtime_data, evidence, options_.init_data);
    }
    ASSIGN_OR_RETURN(const evidence::Evidence evidence,
                     tools_.collector.CollectPlainFor(runtime_data, hash, context_.deadline));
    return BuildPlainAttestation(runtime_data, evidence);
  }

  // Messages 3 and 4.
  absl::StatusOr<AttestationToken> Attest(std::string attestation, const std::string& cookie,
                                          const base::Json& tee_pubkey) {
    ASSIGN_OR_RETURN(
        const base::HttpResponse response,
        Post("/kbs/v0/attest", std::move(attestation), {{"Cookie", "kbs-session-id=" + cookie}}));
    if (response.status != 200) {
      return BrokerError({Endpoint::kAttest, options_.protocol}, response);
    }
    return ParseAttestationResult(response, tee_pubkey);
  }

 private:
  absl::StatusOr<base::HttpResponse> Post(const std::string& path, std::string body,
                                          std::vector<base::HttpHeader> headers) {
    headers.push_back({"Content-Type", "application/json"});
    headers.push_back({"Accept", "application/json"});
    return tools_.transport.Send({.method = base::HttpRequest::Method::kPost,
                                  .url = options_.url + path,
                                  .headers = std::move(headers),
                                  .body = std::move(body),
                                  .deadline = context_.deadline,
                                  .stop = context_.stop});
  }

  const HandshakeOptions& options_;
  const HandshakeTools& tools_;
  const base::CallContext& context_;
};

}  // namespace

absl::StatusOr<Session> Handshake(const HandshakeOptions& options, const HandshakeTools& tools,
                                  const base::CallContext& context) {
  Steps steps(options, tools, context);
  auto challenged = steps.RequestChallenge();
  if (!challenged.ok()) {
    return base::Annotate(challenged.status(), "auth");
  }
  ASSIGN_OR_RETURN(TeeKey key, TeeKey::Generate(options.key));
  ASSIGN_OR_RETURN(const base::Json public_jwk, key.PublicJwk());
  const evidence::RuntimeData runtime_data(challenged->challenge.nonce, public_jwk);

  auto attestation = steps.GatherEvidence(runtime_data, challenged->challenge.hash);
  if (!attestation.ok()) {
    return base::Annotate(attestation.status(), "evidence");
  }
  ASSIGN_OR_RETURN(const base::Bytes digest,
                   base::Hash(base::HashAlgorithm::kSha256, base::AsBytes(*attestation)));
  auto token = steps.Attest(*std::move(attestation), challenged->cookie.value, public_jwk);
  if (!token.ok()) {
    return base::Annotate(token.status(), "attest");
  }
  ASSIGN_OR_RETURN(base::Secret cookie,
                   base::Secret::Copy(base::AsBytes(challenged->cookie.value)));
  ASSIGN_OR_RETURN(base::Secret jwt, base::Secret::Copy(base::AsBytes(token->jwt)));
  return Session{
      .key = std::move(key),
      .protocol = options.protocol,
      .cookie = std::move(cookie),
      .token = std::move(jwt),
      .expiry = base::Deadline::Earlier(challenged->expiry, base::Deadline::After(token->lifetime)),
      .evidence = "sha256:" + base::HexEncode(digest)};
}

}  // namespace attestd::kbs
