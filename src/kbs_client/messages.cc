// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/messages.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::kbs {
namespace {

using base::Json;

constexpr size_t kMaxNonce = 1024;
constexpr size_t kMaxCookie = 256;
constexpr size_t kMaxToken = size_t{512} << 10;  // an EAR of eight GPUs has 170 KiB
constexpr std::string_view kCookieName = "kbs-session-id=";

absl::Status Rejected(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kReplyRejected, what);
}

// The same text as a rejected reply.
absl::Status Rejected(std::string_view where, const absl::Status& cause) {
  const auto message = cause.message();
  return Rejected(std::string(where) + ": " + std::string(message.data(), message.size()));
}

bool IsCookieValue(std::string_view value) {
  return !value.empty() && value.size() <= kMaxCookie &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != '\\';
         });
}

absl::StatusOr<base::HashAlgorithm> SelectedHash(const Json& challenge) {
  const auto params = challenge.find("extra-params");
  if (params == challenge.end() || !params->is_object()) {
    return base::HashAlgorithm::kSha384;
  }
  const auto selected = params->find("selected-hash-algorithm");
  if (selected == params->end()) {
    return base::HashAlgorithm::kSha384;
  }
  if (!selected->is_string()) {
    return Rejected("challenge: selected-hash-algorithm is not a string");
  }
  auto hash = base::ParseHashAlgorithm(selected->get_ref<const std::string&>());
  return hash.ok() ? hash : Rejected("challenge", hash.status());
}

// exp - iat of a JWT's claims, in seconds.
absl::StatusOr<absl::Duration> Lifetime(const Json& claims) {
  const auto exp = claims.find("exp");
  const auto iat = claims.find("iat");
  if (exp == claims.end() || !exp->is_number_integer()) {
    return Rejected("token: no expiry");
  }
  if (iat == claims.end() || !iat->is_number_integer()) {
    return Rejected("token: no time of issue");
  }
  constexpr int64_t kYear3000 = 32503680000;
  const auto expires = exp->get<int64_t>();
  const auto issued = iat->get<int64_t>();
  if (issued < 0 || expires > kYear3000 || expires <= issued) {
    return Rejected("token: expires before it was issued");
  }
  return absl::Seconds(expires - issued);
}

absl::StatusOr<Json> DecodeJwtPart(std::string_view part) {
  auto bytes = base::Base64UrlDecode(part);
  if (!bytes.ok()) {
    return Rejected("token", bytes.status());
  }
  auto json = base::ParseJson(base::AsText(*bytes));
  if (!json.ok() || !json->is_object()) {
    return Rejected("token: a part is not a JSON object");
  }
  return json;
}

}  // namespace

absl::StatusOr<std::string> BuildRequest(std::string_view tee) {
  return base::DumpJson(
      {{"version", kProtocolVersion},
       {"tee", tee},
       {"extra-params", {{"supported-hash-algorithms", {"sha256", "sha384", "sha512"}}}}});
}

absl::StatusOr<Challenge> ParseChallenge(std::string_view body) {
  const auto json = base::ParseJson(body);
  if (!json.ok()) {
    return Rejected("challenge", json.status());
  }
  auto nonce = base::GetString(*json, "nonce");
  if (!nonce.ok()) {
    return Rejected("challenge", nonce.status());
  }
  if (nonce->empty() || nonce->size() > kMaxNonce) {
    return Rejected("challenge: the nonce is empty or over 1024 bytes");
  }
  ASSIGN_OR_RETURN(const base::HashAlgorithm hash, SelectedHash(*json));
  return Challenge{.nonce = *std::move(nonce), .hash = hash};
}

absl::StatusOr<std::string> ParseSessionCookie(const std::vector<std::string>& set_cookie) {
  std::string value;
  for (const std::string& header : set_cookie) {
    if (!header.starts_with(kCookieName)) {
      continue;
    }
    if (!value.empty()) {
      return Rejected("challenge: two session cookies");
    }
    value = header.substr(kCookieName.size(), header.find(';') - kCookieName.size());
    if (!IsCookieValue(value)) {
      return Rejected("challenge: the session cookie is malformed or over 256 bytes");
    }
  }
  if (value.empty()) {
    return Rejected("challenge: no session cookie");
  }
  return value;
}

absl::StatusOr<std::string> BuildAttestation(const evidence::RuntimeData& runtime_data,
                                             const evidence::CompositeEvidence& evidence,
                                             std::string_view init_data) {
  ASSIGN_OR_RETURN(Json primary, base::ParseJson(evidence.primary.json));
  Json attestation = {
      {"init-data",
       init_data.empty() ? Json(nullptr) : Json{{"format", "toml"}, {"body", init_data}}},
      {"runtime-data",
       {{"nonce", runtime_data.nonce()}, {"tee-pubkey", runtime_data.tee_pubkey()}}},
      {"tee-evidence",
       {{"primary_evidence", std::move(primary)}, {"additional_evidence", evidence.additional}}}};
  return base::DumpJson(attestation);
}

absl::StatusOr<AttestationToken> ParseAttestationResult(std::string_view body) {
  const auto json = base::ParseJson(body);
  if (!json.ok()) {
    return Rejected("attestation result", json.status());
  }
  auto jwt = base::GetString(*json, "token");
  if (!jwt.ok()) {
    return Rejected("attestation result", jwt.status());
  }
  const size_t dot = jwt->find('.');
  const size_t second = dot == std::string::npos ? dot : jwt->find('.', dot + 1);
  if (jwt->size() > kMaxToken || second == std::string::npos || second + 1 == jwt->size()) {
    return Rejected("token: not a signed JWT");
  }
  const std::string_view text = *jwt;
  ASSIGN_OR_RETURN(const Json header, DecodeJwtPart(text.substr(0, dot)));
  const auto alg = base::GetString(header, "alg");
  if (!alg.ok() || alg->empty() || *alg == "none") {
    return Rejected("token: it is not signed");
  }
  ASSIGN_OR_RETURN(const Json claims, DecodeJwtPart(text.substr(dot + 1, second - dot - 1)));
  ASSIGN_OR_RETURN(const absl::Duration lifetime, Lifetime(claims));
  return AttestationToken{.jwt = *std::move(jwt), .lifetime = lifetime};
}

}  // namespace attestd::kbs
