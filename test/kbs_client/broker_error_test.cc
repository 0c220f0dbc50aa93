// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/broker_error.h"

#include <catch2/catch.hpp>
#include <string>

#include "kbs_client/breaker.h"

namespace attestd::kbs {
namespace {

using absl::StatusCode;
using base::Reason;

std::string Body(const std::string& variant, const std::string& detail = "detail") {
  return R"({"type":"https://github.com/confidential-containers/kbs/errors/)" + variant +
         R"(","detail":")" + detail + R"("})";
}

struct Row {
  Endpoint endpoint;
  int http;
  std::string body;
  StatusCode code;
  Reason reason;
  bool session_lost;
};

TEST_CASE("The broker's error type decides, not its status") {
  const std::string mismatch =
      "Attestation error: RCAR handshake Auth failed: KBS Client Protocol Version Mismatch: expect "
      "=0.2.0 while the request is 0.4.0";
  const auto row = GENERATE_COPY(
      Row{Endpoint::kResource, 401, Body("PolicyDeny"), StatusCode::kPermissionDenied,
          Reason::kAccessDenied, false},
      Row{Endpoint::kResource, 401, Body("PluginInternalError"), StatusCode::kNotFound,
          Reason::kResourceNotFound, false},
      Row{Endpoint::kResource, 401, Body("PolicyReject"), StatusCode::kPermissionDenied,
          Reason::kAccessDenied, false},
      Row{Endpoint::kResource, 401, Body("PolicyEngineError"), StatusCode::kPermissionDenied,
          Reason::kAccessDenied, false},
      Row{Endpoint::kResource, 404, Body("ReadSecretFailed"), StatusCode::kNotFound,
          Reason::kResourceNotFound, false},
      Row{Endpoint::kResource, 401, Body("AttestationError"), StatusCode::kUnauthenticated,
          Reason::kEvidenceRefused, true},
      Row{Endpoint::kAuth, 404, "", StatusCode::kUnavailable, Reason::kBrokerUnreachable, false},
      Row{Endpoint::kAttest, 403, "", StatusCode::kUnauthenticated, Reason::kEvidenceRefused,
          false},
      Row{Endpoint::kResource, 404, Body("PluginNotFound"), StatusCode::kNotFound,
          Reason::kResourceNotFound, false},
      Row{Endpoint::kResource, 401, Body("TokenNotFound"), StatusCode::kUnauthenticated,
          Reason::kEvidenceRefused, true},
      Row{Endpoint::kResource, 401, Body("TokenVerifierError"), StatusCode::kUnauthenticated,
          Reason::kEvidenceRefused, true},
      Row{Endpoint::kResource, 401, "", StatusCode::kUnauthenticated, Reason::kEvidenceRefused,
          true},
      Row{Endpoint::kResource, 401, Body("JweError"), StatusCode::kInternal, Reason::kReplyRejected,
          false},
      Row{Endpoint::kAttest, 401, Body("AttestationError"), StatusCode::kUnauthenticated,
          Reason::kEvidenceRefused, false},
      Row{Endpoint::kAttest, 401, "<html>", StatusCode::kUnauthenticated, Reason::kEvidenceRefused,
          false},
      Row{Endpoint::kAuth, 401, Body("AttestationError", mismatch), StatusCode::kFailedPrecondition,
          Reason::kVersionMismatch, false},
      Row{Endpoint::kResource, 403, "", StatusCode::kPermissionDenied, Reason::kAccessDenied,
          false},
      Row{Endpoint::kAuth, 302, "", StatusCode::kUnavailable, Reason::kBrokerUnreachable, false},
      Row{Endpoint::kAuth, 429, "", StatusCode::kUnavailable, Reason::kBrokerUnreachable, false},
      Row{Endpoint::kAuth, 503, "", StatusCode::kUnavailable, Reason::kBrokerUnreachable, false},
      Row{Endpoint::kAuth, 204, "", StatusCode::kInternal, Reason::kReplyRejected, false});
  const absl::Status status =
      BrokerError({row.endpoint}, {.status = row.http, .headers = {}, .body = row.body});
  CHECK(status.code() == row.code);
  CHECK(base::GetReason(status) == row.reason);
  CHECK(IsSessionLost(status) == row.session_lost);
}

TEST_CASE("A version mismatch names both versions and nothing else of the broker's text") {
  const absl::Status status = BrokerError(
      {Endpoint::kAuth},
      {.status = 401,
       .headers = {},
       .body = Body("AttestationError", "x Version Mismatch: expect =0.2.0 secret-of-the-broker")});
  const std::string message(status.message());
  CHECK(message.find("0.2.0") != std::string::npos);
  CHECK(message.find("0.4.0") != std::string::npos);
  CHECK(message.find("secret") == std::string::npos);
}

TEST_CASE("The version is read out of what every Trustee writes") {
  const std::string detail = GENERATE(
      as<std::string>{},
      "Attestation error: RCAR handshake Auth failed: KBS Client Protocol Version Mismatch: expect "
      "=0.1.1 while the request is 0.4.0",
      "expected version: =0.1.1, requested version: 0.4.0");
  const absl::Status status =
      BrokerError({Endpoint::kAuth, Protocol::k040},
                  {.status = 401, .headers = {}, .body = Body("AttestationError", detail)});
  CHECK(NamedVersion(status) == "0.1.1");
}

TEST_CASE("Case 49: a wait that the broker asks for goes with the error") {
  const absl::Status status = BrokerError(
      {Endpoint::kResource}, {.status = 503, .headers = {{"Retry-After", "7"}}, .body = {}});
  CHECK(absl::IsUnavailable(status));
  CHECK(RetryAfter(status) == absl::Seconds(7));
  CHECK_FALSE(
      RetryAfter(BrokerError({Endpoint::kResource}, {.status = 503, .headers = {}, .body = {}}))
          .has_value());
}

}  // namespace
}  // namespace attestd::kbs
