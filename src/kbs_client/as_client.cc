// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/as_client.h"

#include <utility>

#include "base/encoding.h"
#include "base/hash.h"
#include "base/random.h"
#include "kbs_client/as_messages.h"

namespace attestd::kbs {
namespace {

constexpr size_t kNonceSize = 32;

// The service answers 500 to whatever it does not like, evidence too (restful/mod.rs).
absl::Status AsError(const base::HttpResponse& response) {
  const std::string status = std::to_string(response.status);
  if (response.status == 500 || (response.status >= 400 && response.status < 404)) {
    return base::MakeStatus(absl::StatusCode::kUnauthenticated, base::Reason::kEvidenceRefused,
                            "the attestation service answered " + status +
                                ": it refused the request; its log says why");
  }
  if (response.status > 500 || response.status == 429) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kBrokerUnreachable,
                            "the attestation service answered " + status);
  }
  return base::MakeStatus(
      absl::StatusCode::kInternal, base::Reason::kReplyRejected,
      "the attestation service answered " + status + "; is the url that of a RESTful AS?");
}

}  // namespace

absl::StatusOr<std::string> AsClient::GetToken(const base::CallContext& context) {
  auto nonce = Challenge(context);
  if (!nonce.ok()) {
    return base::Annotate(nonce.status(), "challenge");
  }
  auto request = Evidence(*nonce, context);
  if (!request.ok()) {
    return base::Annotate(request.status(), "evidence");
  }
  auto response = Post("/attestation", *std::move(request), context);
  RETURN_IF_ERROR(base::Annotate(response.status(), "attestation"));
  if (response->status != 200) {
    return base::Annotate(AsError(*response), "attestation");
  }
  auto token = ParseAsToken(std::move(response->body));
  return token.ok() ? token : base::Annotate(token.status(), "attestation");
}

absl::StatusOr<std::string> AsClient::Challenge(const base::CallContext& context) {
  ASSIGN_OR_RETURN(std::string request, BuildAsChallengeRequest(collector_.tee()));
  ASSIGN_OR_RETURN(const base::HttpResponse response,
                   Post("/challenge", std::move(request), context));
  std::string challenge;
  if (response.status == 200) {
    ASSIGN_OR_RETURN(challenge, ParseAsChallenge(response.body));
  } else if (response.status != 404) {  // of services without challenges
    return AsError(response);
  }
  if (challenge.empty()) {
    ASSIGN_OR_RETURN(const base::Bytes nonce, base::RandomBytes(kNonceSize));
    challenge = base::Base64Encode(nonce);
  }
  return challenge;
}

absl::StatusOr<std::string> AsClient::Evidence(const std::string& nonce,
                                               const base::CallContext& context) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(const std::string runtime_data, AsRuntimeData(nonce));
  ASSIGN_OR_RETURN(const base::Bytes digest,
                   base::Hash(base::HashAlgorithm::kSha256, base::AsBytes(runtime_data)));
  AsEvidence evidence{.tee = std::string(collector_.tee()), .primary = {}, .devices = {}};
  ASSIGN_OR_RETURN(evidence.devices, collector_.CollectDevices(digest, context.deadline));
  ASSIGN_OR_RETURN(evidence.primary, collector_.CollectRaw(digest, context.deadline));
  return BuildAsRequest(
      evidence, {.nonce = nonce, .init_data = options_.init_data, .policies = options_.policies});
}

absl::StatusOr<base::HttpResponse> AsClient::Post(const std::string& path, std::string body,
                                                  const base::CallContext& context) {
  return transport_->Send({.method = base::HttpRequest::Method::kPost,
                           .url = options_.url + path,
                           .headers = {{"Content-Type", "application/json"}},
                           .body = std::move(body),
                           .deadline = context.deadline,
                           .stop = context.stop});
}

}  // namespace attestd::kbs
