// SPDX-License-Identifier: Apache-2.0
#include "test/ttrpc/ttrpc_lab.h"

#include <catch2/catch.hpp>
#include <utility>

namespace attestd::ttrpc {

void RawClient::SendFrame(const Header& header, const std::string& data) {
  Write(EncodeHeader(header) + data);
}

std::string EncodeRequest(const std::string& method, const std::string& payload,
                          int64_t timeout_nano) {
  wire::Request request;
  request.set_service("test.Lab");
  request.set_method(method);
  request.set_payload(payload);
  request.set_timeout_nano(timeout_nano);
  return request.SerializeAsString();
}

void RawClient::Send(uint32_t stream, const std::string& method, const std::string& payload,
                     int64_t timeout_nano) {
  const std::string data = EncodeRequest(method, payload, timeout_nano);
  SendFrame({.length = static_cast<uint32_t>(data.size()), .stream = stream, .type = kRequest},
            data);
}

std::optional<RawClient::Response> RawClient::Receive() {
  const std::string header = ReadExactly(kHeaderBytes);
  if (header.empty()) {
    return std::nullopt;
  }
  FrameReader reader(kMaxDataBytes);
  base::ByteView bytes = base::AsBytes(header);
  std::optional<Frame> frame = reader.Next(bytes);
  const auto length = static_cast<unsigned char>(header[1]) << 16 |
                      static_cast<unsigned char>(header[2]) << 8 |
                      static_cast<unsigned char>(header[3]);
  REQUIRE(header[0] == 0);
  std::string data;
  if (!frame.has_value()) {
    data = ReadExactly(static_cast<size_t>(length));
    if (data.empty()) {
      return std::nullopt;  // cut off in the middle
    }
    bytes = base::AsBytes(data);
    frame = reader.Next(bytes);
  }
  REQUIRE(frame.has_value());
  REQUIRE(frame->header.type == kResponse);
  wire::Response response;
  REQUIRE(response.ParseFromString(data));
  return Response{.stream = frame->header.stream,
                  .code = response.status().code(),
                  .message = response.status().message(),
                  .payload = response.payload()};
}

bool RawClient::Works() {
  last_stream_ += 2;
  Send(last_stream_, "Echo", "ping");
  const std::optional<Response> response = Receive();
  return response.has_value() && response->stream == last_stream_ && response->payload == "ping";
}

TtrpcLab::TtrpcLab(Limits limits, size_t secret_bytes)
    : secret_(std::make_shared<const base::Secret>(
          *base::Secret::Copy(base::Bytes(secret_bytes, 's')))) {
  methods_["/test.Lab/Echo"] = [](base::ByteView request, const base::CallContext&,
                                  const base::Done& done) {
    done(base::Reply{.bytes = std::string(base::AsText(request)), .secret = {}});
  };
  methods_["/test.Lab/Secret"] = [this](base::ByteView, const base::CallContext&,
                                        const base::Done& done) {
    done(base::Reply{.bytes = "is:", .secret = secret_});
  };
  methods_["/test.Lab/Park"] = [this](base::ByteView request, const base::CallContext& caller,
                                      base::Done done) {
    parked_.Park(std::string(base::AsText(request)), caller, std::move(done));
  };
  auto server = Server::Create(methods_, limits);
  REQUIRE(server.ok());
  server_ = *std::move(server);
}

RawClient TtrpcLab::Connect() {
  auto [theirs, ours] = test::SocketPair();
  server_->Accept(std::move(theirs), nullptr);
  return RawClient(std::move(ours));
}

void TtrpcLab::Release(const std::string& name) {
  parked_.Release(name, base::Reply{.bytes = "parked " + name, .secret = {}});
}

}  // namespace attestd::ttrpc
