// SPDX-License-Identifier: Apache-2.0
// What is in the frames: requests and responses, against the code that protoc makes.
#include <absl/strings/cord.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "proto/ttrpc.pb.h"
#include "ttrpc/frame.h"
#include "ttrpc/request.h"
#include "ttrpc/response.h"

namespace attestd::ttrpc {
namespace {

std::shared_ptr<const base::Secret> MakeSecret(size_t size) {
  return std::make_shared<const base::Secret>(*base::Secret::Copy(base::Bytes(size, 0x5a)));
}

std::string Bytes(const Outgoing& frame) {
  std::string bytes = frame.head;
  if (frame.secret != nullptr) {
    bytes += base::AsText(frame.secret->view());
  }
  CHECK(bytes.size() == frame.size());
  return bytes;
}

std::string Framed(uint32_t stream, const wire::Response& response) {
  const std::string data = response.SerializeAsString();
  return EncodeHeader(
             {.length = static_cast<uint32_t>(data.size()), .stream = stream, .type = kResponse}) +
         data;
}

TEST_CASE("A reply is framed as protobuf would, with the secret itself behind it") {
  const size_t size =
      GENERATE(size_t{0}, size_t{1}, size_t{119}, size_t{120}, size_t{16384}, size_t{1} << 20);
  const auto secret = MakeSecret(size);
  wire::Response expected;
  expected.mutable_status();
  expected.set_payload("before" + std::string(base::AsText(secret->view())));
  const Outgoing frame = EncodeResponse(7, base::Reply{.bytes = "before", .secret = secret});
  CHECK(Bytes(frame) == Framed(7, expected));
  CHECK(frame.secret == secret);
}

TEST_CASE("A reply without a secret has none") {
  wire::Response expected;
  expected.mutable_status();
  expected.set_payload("bytes");
  CHECK(Bytes(EncodeResponse(1, base::Reply{.bytes = "bytes", .secret = {}})) ==
        Framed(1, expected));
}

TEST_CASE("A reply of more than 4 MiB is an error instead") {
  const size_t fits = kMaxDataBytes - 2 - 5;  // the status, and the payload's tag and length
  CHECK(EncodeResponse(1, base::Reply{.bytes = "", .secret = MakeSecret(fits)}).size() ==
        kMaxDataBytes + kHeaderBytes);
  const std::string bytes =
      Bytes(EncodeResponse(1, base::Reply{.bytes = "", .secret = MakeSecret(fits + 1)}));
  wire::Response response;
  REQUIRE(response.ParseFromString(bytes.substr(kHeaderBytes)));
  CHECK(response.status().code() == static_cast<int>(absl::StatusCode::kResourceExhausted));
}

TEST_CASE("An error says code and text, and keeps its details") {
  wire::Response expected;
  expected.mutable_status()->set_code(5);
  expected.mutable_status()->set_message("none such");
  absl::Status status = absl::NotFoundError("none such");
  CHECK(Bytes(EncodeResponse(9, status)) == Framed(9, expected));
  expected.mutable_status()->add_details()->set_type_url("type.googleapis.com/x");
  status.SetPayload(base::kErrorDetails, absl::Cord(expected.status().SerializeAsString()));
  CHECK(Bytes(EncodeResponse(9, status)) == Framed(9, expected));
}

TEST_CASE("A request names its method, and how long its caller waits") {
  wire::Request message;
  message.set_service("api.GetResourceService");
  message.set_method("GetResource");
  message.set_payload("payload");
  message.add_metadata()->set_key("k");
  const int64_t nano = GENERATE(int64_t{0}, int64_t{1'000'000'000'000}, int64_t{-1});
  message.set_timeout_nano(nano);
  const auto request = ParseRequest(base::AsBytes(message.SerializeAsString()));
  REQUIRE(request.ok());
  CHECK(request->path == "/api.GetResourceService/GetResource");
  CHECK(base::AsText(request->payload) == "payload");
  const absl::Duration left = request->deadline.Remaining();
  CHECK((left == absl::InfiniteDuration()) == (nano == 0));
  CHECK((left > absl::Seconds(900)) == (nano >= 0));
  CHECK(request->deadline.Expired() == (nano < 0));
}

TEST_CASE("What is no request is refused") {
  CHECK(absl::IsInvalidArgument(ParseRequest(base::AsBytes("\xff")).status()));
  CHECK(absl::IsInvalidArgument(ParseRequest(base::AsBytes("\x0a\x02\xc3\x28")).status()));
  wire::Request message;
  message.set_payload(std::string(base::kMaxRequestBytes, 'x'));
  CHECK(ParseRequest(base::AsBytes(message.SerializeAsString())).ok());
  message.mutable_payload()->push_back('x');
  CHECK(
      absl::IsResourceExhausted(ParseRequest(base::AsBytes(message.SerializeAsString())).status()));
}

}  // namespace
}  // namespace attestd::ttrpc
