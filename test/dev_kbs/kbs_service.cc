// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/kbs_service.h"

#include <openssl/rand.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/openssl_error.h"
#include "test/dev_kbs/ear_claims.h"
#include "test/dev_kbs/evidence_judge.h"

namespace attestd::dev_kbs {
namespace {

constexpr std::string_view kPrefix = "/kbs/v0";
constexpr size_t kNonceSize = 32;    // Trustee's NONCE_SIZE_BYTES
constexpr size_t kSessionSize = 16;  // a UUID

absl::StatusOr<base::Bytes> OpensslRandom(size_t size) {
  base::Bytes bytes(size);
  if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) {
    return base::OpensslError("random numbers");
  }
  return bytes;
}

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

KbsAnswer JsonAnswer(const base::Json& body) {
  return {.status = 200,
          .content_type = "application/json",
          .body = base::DumpJson(body).value_or("{}")};
}

// actix's answer to a body that its extractor cannot read, where the protocol left that to it.
KbsAnswer BadJson(const std::string& why) {
  constexpr int kBadRequest = 400;
  return {.status = kBadRequest,
          .content_type = "text/plain; charset=utf-8",
          .body = "Json deserialize error",
          .refusal = "refused: " + why};
}

KbsAnswer RefuseAuth(const absl::Status& status, const Protocol& protocol) {
  const std::string why = MessageOf(status);
  const bool version = absl::IsFailedPrecondition(status);
  if (protocol.tells_cause && !version) {
    return BadJson(why);
  }
  return Refuse(version ? protocol.errors.version : protocol.errors.auth, why, "refused: " + why);
}

}  // namespace

Surroundings RealSurroundings() { return {.now = absl::Now, .random = OpensslRandom}; }

KbsService::KbsService(KbsOptions options, Resources resources, TokenSigner signer)
    : options_(std::move(options)), resources_(std::move(resources)), signer_(std::move(signer)) {}

absl::StatusOr<std::unique_ptr<KbsService>> KbsService::Create(KbsOptions options) {
  ASSIGN_OR_RETURN(Resources resources, Resources::Open(options.resources));
  ASSIGN_OR_RETURN(TokenSigner signer, options.token_key.empty()
                                           ? TokenSigner::Create()
                                           : TokenSigner::FromFile(options.token_key));
  return std::unique_ptr<KbsService>(
      new KbsService(std::move(options), std::move(resources), std::move(signer)));
}

KbsAnswer KbsService::Handle(const KbsRequest& request) {
  if (request.path == "/healthz") {
    return {};
  }
  std::string_view rest = request.path;
  if (!rest.starts_with(kPrefix) || rest.substr(kPrefix.size(), 1) != "/") {
    return {.status = 404};
  }
  rest.remove_prefix(kPrefix.size() + 1);
  if (request.method == "POST" && rest == "auth") {
    return Auth(request);
  }
  if (request.method == "POST" && rest == "attest") {
    return Attest(request);
  }
  return CallPlugin(request, rest);
}

absl::StatusOr<std::string> KbsService::SignToken(const base::Json& claims) const {
  return signer_.Sign(claims);
}

absl::StatusOr<Session> KbsService::NewSession(const std::string& tee) const {
  ASSIGN_OR_RETURN(const base::Bytes nonce, options_.surroundings.random(kNonceSize));
  ASSIGN_OR_RETURN(base::Bytes id, options_.surroundings.random(kSessionSize));
  // Version and variant of a random UUID (RFC 9562, 5.4).
  id[6] = static_cast<uint8_t>((id[6] & 0x0f) | 0x40);
  id[8] = static_cast<uint8_t>((id[8] & 0x3f) | 0x80);
  return Session{.id = base::HexEncode(id),
                 .tee = tee,
                 .nonce = base::Base64Encode(nonce),
                 .expires = options_.surroundings.now() + options_.session_lifetime,
                 .attested = std::nullopt};
}

KbsAnswer KbsService::Auth(const KbsRequest& request) {
  const absl::StatusOr<AuthRequest> message = ParseAuthRequest(request.body, *options_.protocol);
  if (!message.ok()) {
    return RefuseAuth(message.status(), *options_.protocol);
  }
  absl::StatusOr<Session> session = NewSession(message->tee);
  if (!session.ok()) {
    return RefuseAuth(session.status(), *options_.protocol);
  }
  KbsAnswer answer = JsonAnswer({{"nonce", session->nonce}, {"extra-params", ""}});
  answer.set_cookie = session->Cookie();
  if (options_.disclose) {
    options_.disclose("cookie", base::AsBytes(session->id));
  }
  sessions_.Add(*std::move(session), options_.surroundings.now());
  return answer;
}

absl::StatusOr<Attested> KbsService::Judge(const Session& session,
                                           const Attestation& attestation) const {
  if (attestation.nonce != session.nonce) {
    return base::MakeStatus(absl::StatusCode::kUnauthenticated,
                            "refused: nonce is not the session's");
  }
  const absl::Time now = options_.surroundings.now();
  ASSIGN_OR_RETURN(const std::vector<AcceptedDevice> devices,
                   JudgeEvidence(session.tee, attestation, options_.policy, now));
  const auto build = options_.protocol->customized_claims ? BuildSimpleClaims : BuildEarClaims;
  ASSIGN_OR_RETURN(std::string token,
                   signer_.Sign(build(devices, now, now + options_.session_lifetime)));
  return Attested{.token = std::move(token), .tee_pubkey = attestation.tee_pubkey};
}

// In the order of Trustee since 0.12: cookie, message, session, earlier token, nonce, evidence.
absl::StatusOr<Session> KbsService::AttestSession(const KbsRequest& request) {
  const std::string id = FindCookie(request.cookie, kSessionCookie);
  if (id.empty()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "no session cookie");
  }
  absl::StatusOr<Attestation> attestation = ParseAttestation(request.body, *options_.protocol);
  if (!attestation.ok()) {
    return base::Annotate(attestation.status(), "Attestation");
  }
  ASSIGN_OR_RETURN(Session session, sessions_.Find(id, options_.surroundings.now()));
  if (!session.attested.has_value()) {
    if (!attestation->composite) {
      attestation->nonce = session.nonce;
    }
    ASSIGN_OR_RETURN(Attested attested, Judge(session, *attestation));
    session.attested = sessions_.Attest(id, std::move(attested));
  }
  return session;
}

KbsAnswer KbsService::RefuseAttest(const absl::Status& status) const {
  const ErrorKinds& errors = options_.protocol->errors;
  const std::string why = MessageOf(status);
  const std::string refused = why.starts_with("refused") ? why : "refused: " + why;
  switch (status.code()) {
    case absl::StatusCode::kFailedPrecondition:
      return Refuse(errors.no_cookie, "", refused);
    case absl::StatusCode::kNotFound:
      return Refuse(errors.unknown_cookie, "", refused);
    case absl::StatusCode::kOutOfRange:
      return Refuse(errors.expired_cookie, "", refused);
    default:
      break;
  }
  if (options_.protocol->tells_cause && why.starts_with("Attestation: ")) {
    return BadJson(why);
  }
  return Refuse(errors.attest, options_.protocol->tells_cause ? why : "", refused);
}

KbsAnswer KbsService::Attest(const KbsRequest& request) {
  const absl::StatusOr<Session> session = AttestSession(request);
  if (!session.ok()) {
    return RefuseAttest(session.status());
  }
  if (options_.disclose) {
    options_.disclose("token", base::AsBytes(session->attested->token));
  }
  KbsAnswer answer = JsonAnswer({{"token", session->attested->token}});
  answer.set_cookie = session->Cookie();
  return answer;
}

}  // namespace attestd::dev_kbs
