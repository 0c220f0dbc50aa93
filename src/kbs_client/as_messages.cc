// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/as_messages.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/json.h"

namespace attestd::kbs {
namespace {

using base::Json;

constexpr size_t kMaxChallenge = 1024;
constexpr size_t kMaxToken = size_t{512} << 10;  // an EAR of eight GPUs has 170 KiB

absl::Status Rejected(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kReplyRejected, what);
}

Json VerificationRequest(std::string_view tee, std::string_view evidence,
                         const std::string& nonce) {
  return {{"tee", tee},
          {"evidence", base::Base64UrlEncode(base::AsBytes(evidence))},
          {"runtime_data", {{"structured", {{"nonce", nonce}}}}},
          {"runtime_data_hash_algorithm", "sha256"}};
}

}  // namespace

absl::StatusOr<std::string> BuildAsChallengeRequest(std::string_view tee) {
  return base::DumpJson({{"tee", tee}, {"tee_params", ""}});
}

absl::StatusOr<std::string> ParseAsChallenge(std::string_view body) {
  const bool printable =
      std::all_of(body.begin(), body.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable && body.size() <= kMaxChallenge ? absl::StatusOr<std::string>(std::string(body))
                                                   : Rejected("challenge: not a short text");
}

absl::StatusOr<std::string> AsRuntimeData(std::string_view nonce) {
  return base::CanonicalJson({{"nonce", nonce}});
}

absl::StatusOr<std::string> BuildAsRequest(const AsEvidence& evidence, const AsRequest& request) {
  Json requests =
      Json::array({VerificationRequest(evidence.tee, evidence.primary.json, request.nonce)});
  if (!request.init_data.empty()) {
    requests.front()["init_data"] = {{"init_data_toml", request.init_data}};
  }
  if (!evidence.devices.empty()) {
    ASSIGN_OR_RETURN(const Json devices, base::ParseJson(evidence.devices));
    for (const auto& [tee, one] : devices.items()) {
      ASSIGN_OR_RETURN(const std::string text, base::DumpJson(one));
      requests.push_back(VerificationRequest(tee, text, request.nonce));
    }
  }
  return base::DumpJson(
      {{"verification_requests", std::move(requests)}, {"policy_ids", request.policies}});
}

absl::StatusOr<std::string> ParseAsToken(std::string body) {
  if (body.size() > kMaxToken) {
    return Rejected("token: too long");
  }
  int parts = 0;
  std::string_view rest = body;
  for (bool more = true; more; ++parts) {
    const size_t dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    if (part.empty() || !base::Base64UrlDecode(part).ok()) {
      return Rejected("token: not a signed JWT");
    }
    more = dot != std::string_view::npos;
    rest.remove_prefix(more ? dot + 1 : rest.size());
  }
  return parts == 3 ? absl::StatusOr<std::string>(std::move(body))
                    : Rejected("token: not a signed JWT");
}

}  // namespace attestd::kbs
