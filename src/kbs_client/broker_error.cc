// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/broker_error.h"

#include <absl/strings/cord.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json.h"
#include "kbs_client/messages.h"

namespace attestd::kbs {
namespace {

using absl::StatusCode;
using base::MakeStatus;
using base::Reason;

constexpr char kSessionLostUrl[] = "attestd/session-lost";

struct ErrorBody {
  std::string variant;  // last path segment of "type"; empty when the body is something else
  std::string detail;
};

ErrorBody ParseErrorBody(std::string_view body) {
  const auto json = base::ParseJson(body);
  if (!json.ok()) {
    return {};
  }
  const auto type = base::GetString(*json, "type");
  const auto detail = base::GetString(*json, "detail");
  if (!type.ok()) {
    return {};
  }
  return {.variant = type->substr(type->rfind('/') + 1), .detail = detail.value_or("")};
}

// The version behind "expect =" in "KBS Client Protocol Version Mismatch: expect =0.4.0 while ...",
// or nothing when it does not look like one.
std::string ExpectedVersion(std::string_view detail) {
  const size_t mismatch = detail.find("ersion Mismatch");
  const size_t equals = detail.find('=', mismatch);
  if (mismatch == std::string_view::npos || equals == std::string_view::npos) {
    return "";
  }
  const std::string_view rest = detail.substr(equals + 1, 16);
  return std::string(rest.substr(0, rest.find_first_not_of("0123456789.")));
}

absl::Status SessionLost() {
  absl::Status status = MakeStatus(StatusCode::kUnauthenticated, Reason::kEvidenceRefused,
                                   "the broker no longer knows the session");
  status.SetPayload(kSessionLostUrl, absl::Cord("1"));
  return status;
}

absl::Status Refused(Endpoint endpoint, const ErrorBody& error) {
  if (const std::string version = ExpectedVersion(error.detail); !version.empty()) {
    return MakeStatus(StatusCode::kFailedPrecondition, Reason::kVersionMismatch,
                      "the broker speaks protocol " + version + ", attestd speaks " +
                          std::string(kProtocolVersion));
  }
  if (error.variant == "PolicyDeny") {
    return MakeStatus(StatusCode::kPermissionDenied, Reason::kAccessDenied,
                      "the broker's policy denies the resource");
  }
  if (error.variant == "PluginInternalError") {
    return MakeStatus(StatusCode::kNotFound, Reason::kResourceNotFound,
                      "the broker has no such resource, or its plugin failed");
  }
  if (error.variant == "JweError") {
    return MakeStatus(StatusCode::kInternal, Reason::kReplyRejected,
                      "the broker could not encrypt to the TEE key");
  }
  if (endpoint == Endpoint::kResource && error.variant != "AttestationError") {
    return SessionLost();  // TokenNotFound, TokenVerifierError, or a 401 without a type
  }
  return MakeStatus(StatusCode::kUnauthenticated, Reason::kEvidenceRefused,
                    endpoint == Endpoint::kAuth ? "the broker refused the request to attest"
                                                : "the broker refused the evidence");
}

}  // namespace

absl::Status BrokerError(Endpoint endpoint, const base::HttpResponse& response) {
  const std::string http = "HTTP " + std::to_string(response.status);
  switch (response.status) {
    case 401:
      return Refused(endpoint, ParseErrorBody(response.body));
    case 403:
      return MakeStatus(StatusCode::kPermissionDenied, Reason::kAccessDenied, http);
    case 404:
      return MakeStatus(StatusCode::kNotFound, Reason::kResourceNotFound, http);
    case 429:
      return MakeStatus(StatusCode::kUnavailable, Reason::kBrokerUnreachable, http);
    default:
      break;
  }
  if (response.status >= 300 && response.status < 400) {
    return MakeStatus(StatusCode::kUnavailable, Reason::kBrokerUnreachable,
                      http + ": redirects are not followed");
  }
  if (response.status >= 500) {
    return MakeStatus(StatusCode::kUnavailable, Reason::kBrokerUnreachable, http);
  }
  return MakeStatus(StatusCode::kInternal, Reason::kReplyRejected, http);
}

bool IsSessionLost(const absl::Status& status) {
  return status.GetPayload(kSessionLostUrl).has_value();
}

}  // namespace attestd::kbs
