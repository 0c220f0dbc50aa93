// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "base/http_date.h"
#include "base/json.h"
#include "kbs_client/messages.h"

namespace attestd::kbs {
namespace {

using base::Json;

constexpr size_t kMaxToken = size_t{512} << 10;  // an EAR of eight GPUs has 170 KiB

absl::Status Rejected(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kReplyRejected, what);
}

// From the Date of the answer, or where it has none from the time of issue, to the expiry.
absl::StatusOr<absl::Duration> Lifetime(const Json& claims, const base::HttpResponse& response) {
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
  const auto dates = response.Values("date");
  const auto date = dates.size() == 1 ? base::ParseHttpDate(dates.front()) : std::nullopt;
  const absl::Duration whole = absl::Seconds(expires - issued);
  if (!date.has_value()) {
    return whole;
  }
  if (absl::FromUnixSeconds(expires) <= *date) {
    return Rejected("token: it has expired by the date of the answer that brought it");
  }
  return std::min(whole, absl::FromUnixSeconds(expires) - *date);
}

absl::StatusOr<Json> DecodeJwtPart(std::string_view part) {
  auto bytes = base::Base64UrlDecode(part);
  if (!bytes.ok()) {
    return Rejected("token: a part is not base64url");
  }
  auto json = base::ParseJson(base::AsText(*bytes));
  if (!json.ok() || !json->is_object()) {
    return Rejected("token: a part is not a JSON object");
  }
  return json;
}

// Base64url, with padding or without: nothing that JSON would escape.
bool IsSignature(std::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '=';
  });
}

// Where Trustee puts the TEE key (kbs/src/token). A token without one is left to the relying party.
absl::Status CheckKey(const Json& claims, const Json& tee_pubkey) {
  static constexpr std::array<const char*, 6> kPlaces = {
      "/submods/cpu0/ear.veraison.annotated-evidence/runtime_data_claims/tee-pubkey",
      "/submods/cpu/ear.veraison.annotated-evidence/runtime_data_claims/tee-pubkey",
      "/customized_claims/runtime_data/tee-pubkey",
      "/tdx/attester_runtime_data/tee-pubkey",
      "/tdx/attester_user_data/tee-pubkey",
      "/tee-pubkey"};
  for (const char* place : kPlaces) {
    const Json::json_pointer pointer(place);
    if (!claims.contains(pointer)) {
      continue;
    }
    const Json& found = claims[pointer];
    for (const char* member : {"x", "y", "n", "e"}) {
      const auto ours = tee_pubkey.find(member);
      if (ours != tee_pubkey.end() &&
          (!found.is_object() || found.value(member, Json()) != *ours)) {
        return Rejected("token: it names another TEE key than this handshake's");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AttestationToken> ParseAttestationResult(const base::HttpResponse& response,
                                                        const base::Json& tee_pubkey) {
  const auto json = base::ParseJson(response.body);
  auto jwt = json.ok() ? base::GetString(*json, "token") : json.status();
  if (!jwt.ok()) {
    return Rejected("attestation result: " + std::string(jwt.status().message()));
  }
  const size_t dot = jwt->find('.');
  const size_t second = dot == std::string::npos ? dot : jwt->find('.', dot + 1);
  const std::string_view text = *jwt;
  if (text.size() > kMaxToken || second == std::string::npos ||
      !IsSignature(text.substr(second + 1))) {
    return Rejected("token: not a signed JWT");
  }
  ASSIGN_OR_RETURN(const Json header, DecodeJwtPart(text.substr(0, dot)));
  const auto alg = base::GetString(header, "alg");
  if (!alg.ok() || alg->empty() || *alg == "none") {
    return Rejected("token: it is not signed");
  }
  ASSIGN_OR_RETURN(const Json claims, DecodeJwtPart(text.substr(dot + 1, second - dot - 1)));
  RETURN_IF_ERROR(CheckKey(claims, tee_pubkey));
  ASSIGN_OR_RETURN(const absl::Duration lifetime, Lifetime(claims, response));
  return AttestationToken{.jwt = *std::move(jwt), .lifetime = lifetime};
}

}  // namespace attestd::kbs
