// SPDX-License-Identifier: Apache-2.0
#include "rest/reply.h"

#include <catch2/catch.hpp>
#include <string>

#include "proto/attestation_agent.pb.h"
#include "proto/error_details.pb.h"
#include "rest/error.h"

namespace attestd::rest {
namespace {

constexpr Features kAll = {.resource = true, .attestation = true};

absl::StatusOr<HttpReply> Make(Request::Kind kind, std::vector<std::string> messages) {
  static const std::string kVersion = "1";
  std::vector<base::Reply> replies;
  for (std::string& message : messages) {
    replies.push_back({.bytes = std::move(message), .secret = {}});
  }
  return MakeReply(kind, {.of_calls = std::move(replies), .features = kAll, .version = kVersion});
}

std::string Body(const HttpReply& reply) { return std::string(base::AsText(reply.view())); }

TEST_CASE("A reply of bytes is found in its message") {
  const size_t size = GENERATE(size_t{1}, size_t{127}, size_t{128}, size_t{70'000});
  attestation_agent::GetTokenResponse message;
  message.set_token(std::string(size, 't'));
  const auto reply = Make(Request::Kind::kBytes, {message.SerializeAsString()});
  REQUIRE(reply.ok());
  CHECK(Body(*reply) == std::string(size, 't'));
  CHECK(Body(*Make(Request::Kind::kBytes, {""})).empty());
}

TEST_CASE("A message of another shape is an internal error") {
  const std::string message =
      GENERATE("\x0a", "\x0a\x02x", "\x0a\x01xy", "\x12\x01x", "\x0a\x80\x80\x80\x80\x80\x01x",
               "\x0a\xff\xff\xff\xff\x0fx", "x");
  CHECK(Make(Request::Kind::kBytes, {message}).status().code() == absl::StatusCode::kInternal);
  CHECK(!Make(Request::Kind::kBytes, {}).ok());
  CHECK(!Make(Request::Kind::kInfo, {"\xff", ""}).ok());
  CHECK(!Make(Request::Kind::kEvent, {"\xff"}).ok());
}

TEST_CASE("A secret with anything beside it is an internal error") {
  const auto secret =
      std::make_shared<const base::Secret>(*base::Secret::Copy(base::Bytes(3, 's')));
  const auto make = [&](std::string head) {
    std::vector<base::Reply> replies;
    replies.push_back({.bytes = std::move(head), .secret = secret});
    static const std::string kVersion = "1";
    return MakeReply(Request::Kind::kBytes,
                     {.of_calls = std::move(replies), .features = kAll, .version = kVersion});
  };
  const auto reply = make("\x0a\x03");
  REQUIRE(reply.ok());
  CHECK(reply->view().data() == secret->view().data());
  CHECK(!make("\x0a\x04x").ok());
  CHECK(!make("\x0a\x02").ok());
}

TEST_CASE("What became of an event is said in guest-components' words") {
  struct Case {
    attestation_agent::RuntimeMeasurementResult result;
    std::string body;
  };
  const Case one = GENERATE(
      Case{attestation_agent::OK, R"({"success":"true"})"},
      Case{attestation_agent::NOT_SUPPORTED,
           R"({"success":"false","message": "The platform does not support runtime measurement"})"},
      Case{
          attestation_agent::NOT_ENABLED,
          R"({"success":"false","message": "Attestation Agent does not enable eventlog recording"})"});
  attestation_agent::ExtendRuntimeMeasurementResponse message;
  message.set_result(one.result);
  CHECK(Body(*Make(Request::Kind::kEvent, {message.SerializeAsString()})) == one.body);
}

TEST_CASE("Each code of a failure has one of HTTP") {
  struct Case {
    absl::StatusCode code;
    unsigned http;
  };
  using Code = absl::StatusCode;
  const Case one = GENERATE(
      Case{Code::kOk, 200}, Case{Code::kInvalidArgument, 400}, Case{Code::kOutOfRange, 400},
      Case{Code::kUnauthenticated, 401}, Case{Code::kPermissionDenied, 403},
      Case{Code::kNotFound, 404}, Case{Code::kAlreadyExists, 409}, Case{Code::kAborted, 409},
      Case{Code::kFailedPrecondition, 412}, Case{Code::kResourceExhausted, 429},
      Case{Code::kInternal, 500}, Case{Code::kUnknown, 500}, Case{Code::kDataLoss, 500},
      Case{Code::kUnimplemented, 501}, Case{Code::kUnavailable, 503}, Case{Code::kCancelled, 503},
      Case{Code::kDeadlineExceeded, 504});
  CHECK(HttpCode(one.code) == one.http);
}

TEST_CASE("An error has the reason and the id that programs are told elsewhere") {
  rpc::ErrorInfo info;
  info.set_reason("ACCESS_DENIED");
  (*info.mutable_metadata())["request"] = "5f3a9c01-17";
  rpc::Status details;
  details.add_details()->set_value(info.SerializeAsString());
  absl::Status status(absl::StatusCode::kPermissionDenied, "denied \"so\" \xff");
  status.SetPayload(base::kErrorDetails, absl::Cord(details.SerializeAsString()));
  const HttpReply reply = ErrorReply(status);
  CHECK(reply.http == 403);
  CHECK(Body(reply) ==
        R"({"error":{"code":"PERMISSION_DENIED","reason":"ACCESS_DENIED","message":"denied \"so\" )"
        "\xef\xbf\xbd"
        R"(","request_id":"5f3a9c01-17"}})");
}

TEST_CASE("An error without details has the reason of its code") {
  CHECK(Body(ErrorReply(absl::InvalidArgumentError("why"))) ==
        R"({"error":{"code":"INVALID_ARGUMENT","reason":"MALFORMED","message":"why"}})");
  CHECK(Body(ErrorReply(absl::UnimplementedError("why"))) ==
        R"({"error":{"code":"UNIMPLEMENTED","reason":"NOT_SUPPORTED","message":"why"}})");
  const HttpReply reply = ErrorReply(kBodyTooLong);
  CHECK(reply.http == 413);
  CHECK(Body(reply).find(R"("reason":"REQUEST_TOO_LARGE")") != std::string::npos);
}

}  // namespace
}  // namespace attestd::rest
