// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/broker_error.h"

#include <absl/strings/cord.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "kbs_client/breaker.h"

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

// The version behind "=" in "KBS Client Protocol Version Mismatch: expect =0.4.0 while ..." or
// "expected version: =0.1.1, ..." (Trustee 0.10); nothing when it does not look like one.
std::string ExpectedVersion(std::string_view detail) {
  size_t begin = detail.find("ersion Mismatch");
  if (begin == std::string_view::npos) {
    begin = detail.find("expected version");
  }
  const size_t equals = detail.find('=', begin);
  if (begin == std::string_view::npos || equals == std::string_view::npos) {
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

absl::Status VersionMismatch(Protocol spoken, const std::string& named) {
  return WithNamedVersion(MakeStatus(StatusCode::kFailedPrecondition, Reason::kVersionMismatch,
                                     "the broker speaks protocol " + named + ", attestd spoke " +
                                         std::string(ProtocolText(spoken))),
                          named);
}

// By the variant's name: Trustee's of today, then of 0.10 and 0.11.
absl::Status Refused(Question question, const ErrorBody& error) {
  const std::string& variant = error.variant;
  if (const std::string named = ExpectedVersion(error.detail); !named.empty()) {
    return VersionMismatch(question.protocol, named);
  }
  if (variant == "PolicyDeny" || variant == "PolicyReject") {
    return MakeStatus(StatusCode::kPermissionDenied, Reason::kAccessDenied,
                      "the broker's policy denies the resource");
  }
  if (variant == "PolicyEngineError" || variant == "ParsePolicyError") {
    return MakeStatus(StatusCode::kPermissionDenied, Reason::kAccessDenied,
                      "the broker's policy cannot be evaluated");
  }
  if (variant == "PluginInternalError") {
    return MakeStatus(StatusCode::kNotFound, Reason::kResourceNotFound,
                      "the broker has no such resource, or its plugin failed");
  }
  if (variant == "JweError" || variant == "JWEFailed") {
    return MakeStatus(StatusCode::kInternal, Reason::kReplyRejected,
                      "the broker could not encrypt to the TEE key");
  }
  if (question.endpoint == Endpoint::kResource) {
    return SessionLost();  // TokenNotFound, TokenVerifierError, AttestationError, or no type
  }
  return MakeStatus(StatusCode::kUnauthenticated, Reason::kEvidenceRefused,
                    question.endpoint == Endpoint::kAuth
                        ? "the broker refused the request to attest"
                        : "the broker refused the evidence");
}

// 429 and 5xx, with the wait that the broker asks for.
absl::Status Failing(const std::string& http, const base::HttpResponse& response) {
  absl::Status status = MakeStatus(StatusCode::kUnavailable, Reason::kBrokerUnreachable, http);
  const std::optional<absl::Duration> wait = response.RetryAfter();
  return wait.has_value() ? WithRetryAfter(std::move(status), *wait) : status;
}

}  // namespace

absl::Status BrokerError(Question question, const base::HttpResponse& response) {
  const std::string http = "HTTP " + std::to_string(response.status);
  const bool resource = question.endpoint == Endpoint::kResource;
  if (response.status == 401) {
    return Refused(question, ParseErrorBody(response.body));
  }
  if (response.status == 403) {
    return resource ? MakeStatus(StatusCode::kPermissionDenied, Reason::kAccessDenied, http)
                    : MakeStatus(StatusCode::kUnauthenticated, Reason::kEvidenceRefused, http);
  }
  if (response.status == 404) {
    return resource ? MakeStatus(StatusCode::kNotFound, Reason::kResourceNotFound, http)
                    : MakeStatus(StatusCode::kUnavailable, Reason::kBrokerUnreachable,
                                 http + ": there is no KBS under this url");
  }
  if (response.status == 429 || response.status >= 500) {
    return Failing(http, response);
  }
  if (response.status >= 300 && response.status < 400) {
    return MakeStatus(StatusCode::kUnavailable, Reason::kBrokerUnreachable,
                      http + ": redirects are not followed");
  }
  return MakeStatus(StatusCode::kInternal, Reason::kReplyRejected, http);
}

bool IsSessionLost(const absl::Status& status) {
  return status.GetPayload(kSessionLostUrl).has_value();
}

}  // namespace attestd::kbs
