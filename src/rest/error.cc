// SPDX-License-Identifier: Apache-2.0
#include "rest/error.h"

#include <nlohmann/json.hpp>
#include <string>

#include "base/method.h"
#include "proto/error_details.pb.h"

namespace attestd::rest {
namespace {

// Of failures without a reason of their own, as docs/errors.md has them.
std::string ReasonOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return "MALFORMED";
    case absl::StatusCode::kUnimplemented:
      return "NOT_SUPPORTED";
    default:
      return absl::StatusCodeToString(code);
  }
}

// What the status says to programs.
rpc::ErrorInfo InfoOf(const absl::Status& status) {
  rpc::Status details;
  rpc::ErrorInfo info;
  const bool has_info = details.ParseFromString(base::ErrorDetails(status)) &&
                        details.details_size() > 0 &&
                        info.ParseFromString(details.details(0).value());
  if (!has_info || info.reason().empty()) {
    info.set_reason(ReasonOf(status.code()));
  }
  return info;
}

HttpReply Make(unsigned http, const nlohmann::ordered_json& error) {
  const nlohmann::ordered_json body = {{"error", error}};
  return {
      .http = http,
      .body = {.bytes = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
               .secret = {}}};
}

}  // namespace

HttpReply ErrorReply(const absl::Status& status) {
  const rpc::ErrorInfo info = InfoOf(status);
  nlohmann::ordered_json error;
  error["code"] = absl::StatusCodeToString(status.code());
  error["reason"] = info.reason();
  error["message"] = std::string(status.message());
  if (const auto id = info.metadata().find("request"); id != info.metadata().end()) {
    error["request_id"] = id->second;
  }
  return Make(HttpCode(status.code()), error);
}

HttpReply ErrorReply(const Refusal& refusal) {
  nlohmann::ordered_json error;
  error["code"] = absl::StatusCodeToString(refusal.code);
  error["reason"] = refusal.reason;
  error["message"] = refusal.message;
  HttpReply reply = Make(refusal.http, error);
  reply.allow = refusal.allow;
  return reply;
}

unsigned HttpCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    // Not 503, which clients take as "try again": this host has to change first.
    case absl::StatusCode::kFailedPrecondition:
      return 412;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

}  // namespace attestd::rest
