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
#include "test/dev_kbs/jwe_encrypt.h"

namespace attestd::dev_kbs {
namespace {

constexpr std::string_view kPrefix = "/kbs/v0";
constexpr std::string_view kResourcePlugin = "resource";
constexpr std::string_view kBearer = "Bearer ";
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

KbsAnswer RefuseAuth(const absl::Status& status) {
  return Refuse(kAttestationError, "RCAR handshake Auth failed: " + MessageOf(status),
                "refused: " + MessageOf(status));
}

}  // namespace

Surroundings RealSurroundings() { return {.now = absl::Now, .random = OpensslRandom}; }

KbsService::KbsService(KbsOptions options, Resources resources, TokenSigner signer)
    : options_(std::move(options)), resources_(std::move(resources)), signer_(std::move(signer)) {}

absl::StatusOr<std::unique_ptr<KbsService>> KbsService::Create(KbsOptions options) {
  ASSIGN_OR_RETURN(Resources resources, Resources::Open(options.resources));
  ASSIGN_OR_RETURN(TokenSigner signer, TokenSigner::Create());
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
  if (rest.empty()) {
    return Refuse(kInvalidRequestPath, "Request path " + request.path + " is invalid",
                  "refused: the path names no plugin");
  }
  const size_t slash = rest.find('/');
  const std::string_view plugin = rest.substr(0, slash);
  if (request.method == "POST" && rest == "auth") {
    return Auth(request);
  }
  if (request.method == "POST" && rest == "attest") {
    return Attest(request);
  }
  if (plugin != kResourcePlugin) {
    return Refuse(kPluginNotFound, "Plugin " + std::string(plugin) + " not found",
                  "refused: no such plugin");
  }
  if (request.method != "GET") {
    return Refuse(kAdminAuthAccess, "admin access denied for endpoint " + request.path,
                  "refused: this broker has no admin");
  }
  return GetResource(request, slash == std::string_view::npos ? "" : rest.substr(slash + 1));
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
  const absl::StatusOr<AuthRequest> message = ParseAuthRequest(request.body);
  if (!message.ok()) {
    return RefuseAuth(message.status());
  }
  absl::StatusOr<Session> session = NewSession(message->tee);
  if (!session.ok()) {
    return RefuseAuth(session.status());
  }
  KbsAnswer answer = JsonAnswer({{"nonce", session->nonce}, {"extra-params", ""}});
  answer.set_cookie = session->Cookie();
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
  ASSIGN_OR_RETURN(std::string token,
                   signer_.Sign(BuildEarClaims(devices, now, now + options_.session_lifetime)));
  return Attested{.token = std::move(token), .tee_pubkey = attestation.tee_pubkey};
}

// In Trustee's order: cookie, message, session, earlier token, nonce, evidence.
absl::StatusOr<Session> KbsService::AttestSession(const KbsRequest& request) {
  const std::string id = FindCookie(request.cookie, kSessionCookie);
  if (id.empty()) {
    return base::MakeStatus(absl::StatusCode::kUnauthenticated, "no session cookie");
  }
  const absl::StatusOr<Attestation> attestation = ParseAttestation(request.body);
  if (!attestation.ok()) {
    return base::Annotate(attestation.status(), "Attestation");
  }
  ASSIGN_OR_RETURN(Session session, sessions_.Find(id, options_.surroundings.now()));
  if (!session.attested.has_value()) {
    ASSIGN_OR_RETURN(Attested attested, Judge(session, *attestation));
    session.attested = sessions_.Attest(id, std::move(attested));
  }
  return session;
}

KbsAnswer KbsService::Attest(const KbsRequest& request) {
  const absl::StatusOr<Session> session = AttestSession(request);
  if (!session.ok()) {
    const std::string why = MessageOf(session.status());
    return Refuse(kAttestationError, "RCAR handshake Attest failed",
                  why.starts_with("refused") ? why : "refused: " + why);
  }
  KbsAnswer answer = JsonAnswer({{"token", session->attested->token}});
  answer.set_cookie = session->Cookie();
  return answer;
}

absl::StatusOr<base::Json> KbsService::AuthorizedKey(const KbsRequest& request) const {
  const absl::Time now = options_.surroundings.now();
  // The session wins over the token (Trustee, get_attestation_token).
  const absl::StatusOr<Session> session =
      sessions_.Find(FindCookie(request.cookie, kSessionCookie), now);
  if (session.ok() && session->attested.has_value()) {
    return session->attested->tee_pubkey;
  }
  if (!request.authorization.starts_with(kBearer)) {
    return base::MakeStatus(absl::StatusCode::kNotFound, "no attested session and no token");
  }
  const std::string_view token = std::string_view(request.authorization).substr(kBearer.size());
  ASSIGN_OR_RETURN(const base::Json claims, signer_.Verify(token, now));
  return FindTeeKey(claims);
}

KbsAnswer KbsService::GetResource(const KbsRequest& request, std::string_view resource) const {
  const std::string refused = "refused resource " + std::string(resource) + ": ";
  const absl::StatusOr<base::Json> tee_pubkey = AuthorizedKey(request);
  if (!tee_pubkey.ok()) {
    const bool absent = absl::IsNotFound(tee_pubkey.status());
    return Refuse(absent ? kTokenNotFound : kTokenVerifierError, "",
                  refused + MessageOf(tee_pubkey.status()));
  }
  if (options_.policy.DeniesResource(resource)) {
    return Refuse(kPolicyDeny, "", refused + "denied by the policy");
  }
  const absl::StatusOr<base::Secret> secret = resources_.Read(resource);
  if (!secret.ok()) {
    return Refuse(kPluginInternalError, "", refused + MessageOf(secret.status()));
  }
  absl::StatusOr<std::string> jwe = EncryptToTee(*tee_pubkey, *secret);
  if (!jwe.ok()) {
    return Refuse(kJweError, "", refused + MessageOf(jwe.status()));
  }
  return {.status = 200, .content_type = "application/json", .body = *std::move(jwe)};
}

}  // namespace attestd::dev_kbs
