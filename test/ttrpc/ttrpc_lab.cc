// SPDX-License-Identifier: Apache-2.0
#include "test/ttrpc/ttrpc_lab.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <catch2/catch.hpp>
#include <utility>

namespace attestd::ttrpc {

RawClient::RawClient(base::UniqueFd socket) : socket_(std::move(socket)) {
  constexpr timeval kPatience = {.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
}

void RawClient::Write(const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t size =
        ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    REQUIRE(size > 0);
    sent += static_cast<size_t>(size);
  }
}

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

std::string RawClient::ReadExactly(size_t size) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    const ssize_t more = ::recv(socket_.get(), bytes.data() + have, size - have, 0);
    if (more < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      FAIL("no answer within 30 s");
    }
    if (more <= 0) {
      return "";
    }
    have += static_cast<size_t>(more);
  }
  return bytes;
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

// A call that waits.
struct TtrpcLab::Parked {
  base::Done done;
  std::optional<std::stop_callback<std::function<void()>>> on_stop;
};

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
                                      base::Done done) { Park(request, caller, std::move(done)); };
  auto server = Server::Create(methods_, limits);
  REQUIRE(server.ok());
  server_ = *std::move(server);
}

RawClient TtrpcLab::Connect() {
  std::array<int, 2> pair{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  server_->Accept(base::UniqueFd(pair[0]));
  return RawClient(base::UniqueFd(pair[1]));
}

void TtrpcLab::Park(base::ByteView request, const base::CallContext& caller, base::Done done) {
  const std::string name(base::AsText(request));
  auto parked = std::make_shared<Parked>();
  parked->done = std::move(done);
  {
    const absl::MutexLock lock(&mutex_);
    parked_[name] = parked;
  }
  parked->on_stop.emplace(caller.stop, [this, name, caller] {
    const absl::Status why = caller.Check();
    End(name, why.ok() ? absl::CancelledError("left") : why);
  });
}

void TtrpcLab::End(const std::string& name, const absl::StatusOr<base::Reply>& reply) {
  std::shared_ptr<Parked> parked;
  {
    const absl::MutexLock lock(&mutex_);
    if (const auto found = parked_.find(name); found != parked_.end()) {
      parked = std::move(found->second);
      parked_.erase(found);
    }
  }
  if (parked != nullptr) {
    parked->done(reply);
  }
}

void TtrpcLab::AwaitParked(size_t count) {
  const auto reached = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return parked_.size() == count;
  };
  const absl::MutexLock lock(&mutex_);
  REQUIRE(mutex_.AwaitWithTimeout(absl::Condition(&reached), absl::Seconds(30)));
}

void TtrpcLab::Release(const std::string& name) {
  {
    const auto there = [this, &name]()
                           ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return parked_.contains(name); };
    const absl::MutexLock lock(&mutex_);
    REQUIRE(mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(30)));
  }
  End(name, base::Reply{.bytes = "parked " + name, .secret = {}});
}

}  // namespace attestd::ttrpc
