// SPDX-License-Identifier: Apache-2.0
#include "ttrpc/connection.h"

#include <absl/cleanup/cleanup.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <utility>

namespace attestd::ttrpc {
namespace {

// Beside the payload, a Request has names, a time and metadata.
constexpr size_t kMaxFrameBytes = base::kMaxRequestBytes + (size_t{16} << 10);
static_assert(kMaxFrameBytes <= kMaxDataBytes);
// Longer names are not repeated to the caller.
constexpr size_t kMaxEcho = 256;

absl::Status TooLong(const Header& header) {
  return header.length > kMaxDataBytes
             ? absl::InvalidArgumentError("request: longer than the 4 MiB of ttRPC")
             : absl::ResourceExhaustedError("request: longer than 64 KiB");
}

// guest-components' answer for a method that a server does not have.
absl::Status NotSupported(const std::string& path) {
  return absl::NotFoundError((path.size() <= kMaxEcho ? path : "the method") + " is not supported");
}

}  // namespace

Connection::Connection(const House& house, uint64_t id, base::Arrival client)
    : house_(house),
      id_(id),
      socket_(std::move(client.socket)),
      caller_(std::move(client.caller)),
      reader_(kMaxFrameBytes) {}

Connection::~Connection() {
  for (auto& [stream, call] : calls_) {
    call.stop.request_stop();
  }
}

bool Connection::Read(std::span<uint8_t> scratch) {
  const ssize_t size = ::recv(socket_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (size < 0) {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  }
  const std::span<uint8_t> received = scratch.first(static_cast<size_t>(size));
  // Requests to wrap a key have it in them.
  const absl::Cleanup wipe = [received] { base::WipeBytes(received); };
  base::ByteView bytes = received;
  bool whole = false;
  while (const std::optional<Frame> frame = reader_.Next(bytes)) {
    whole = true;
    if (!Dispatch(*frame)) {
      return false;
    }
  }
  if (!reader_.partial()) {
    frame_by_.reset();
  } else if (whole || !frame_by_.has_value()) {
    frame_by_ = base::Deadline::After(house_.limits.frame);
    TickAt(*frame_by_);
  }
  return size > 0 && Write();
}

bool Connection::Dispatch(const Frame& frame) {
  const uint8_t type = frame.header.type;
  if (type == kRequest || type == kData) {
    Begin(frame);
  }
  // Other types are for protocols to come, but not of a length that none may have.
  return type == kRequest || type == kData || frame.header.length <= kMaxDataBytes;
}

absl::Status Connection::CheckFrame(const Frame& frame) const {
  if (frame.too_long) {
    return TooLong(frame.header);
  }
  if (frame.header.stream % 2 != 1) {
    return absl::InvalidArgumentError("request: a client's stream id is odd");
  }
  if (frame.header.type == kData || (frame.header.flags & kRemoteOpen) != 0) {
    return absl::InvalidArgumentError("request: no method here takes a stream of data");
  }
  // Clients of several threads send their streams in any order.
  if (calls_.contains(frame.header.stream)) {
    return absl::InvalidArgumentError("request: a request of this stream id is under way");
  }
  if (draining_) {
    return absl::UnavailableError("attestd is stopping");
  }
  if (calls_.size() >= house_.limits.calls) {
    return absl::ResourceExhaustedError("too many requests at once on one connection");
  }
  return absl::OkStatus();
}

void Connection::Begin(const Frame& frame) {
  const uint32_t stream = frame.header.stream;
  absl::Status status = CheckFrame(frame);
  absl::StatusOr<Request> request = status.ok() ? ParseRequest(frame.data) : std::move(status);
  if (!request.ok()) {
    Send(stream, request.status());
    return;
  }
  const auto method = house_.methods.find(request->path);
  if (method == house_.methods.end()) {
    Send(stream, NotSupported(request->path));
    return;
  }
  const auto& call =
      calls_.emplace(stream, RunningCall{.stop = {}, .deadline = request->deadline}).first->second;
  TickAt(call.deadline);
  house_.mailbox->CallBegins();
  method->second(request->payload,
                 {.deadline = call.deadline, .stop = call.stop.get_token(), .caller = caller_},
                 [mailbox = house_.mailbox, id = id_, stream](absl::StatusOr<base::Reply> reply) {
                   mailbox->Put({.client = id, .request = stream, .reply = std::move(reply)});
                 });
}

bool Connection::End(const base::Answer& answer) {
  calls_.erase(answer.request);
  Send(answer.request, answer.reply);
  return Write();
}

void Connection::Send(uint32_t stream, const absl::StatusOr<base::Reply>& reply) {
  unsent_.Push(EncodeResponse(stream, reply));
}

bool Connection::Write() {
  const absl::StatusOr<bool> progress = unsent_.Flush(socket_.get());
  if (!progress.ok() || unsent_.size() > house_.limits.unsent_bytes) {
    return false;
  }
  if (unsent_.empty()) {
    taken_by_.reset();
  } else if (*progress || !taken_by_.has_value()) {
    taken_by_ = base::Deadline::After(house_.limits.patience);
    TickAt(*taken_by_);
  }
  return true;
}

bool Connection::Tick() {
  if ((frame_by_.has_value() && frame_by_->Expired()) ||
      (taken_by_.has_value() && taken_by_->Expired())) {
    return false;
  }
  next_tick_ = base::Deadline::Infinite();
  for (const std::optional<base::Deadline>& by : {frame_by_, taken_by_}) {
    TickAt(by.value_or(base::Deadline::Infinite()));
  }
  for (auto& [stream, call] : calls_) {
    if (call.deadline.Expired()) {
      call.stop.request_stop();
    } else {
      TickAt(call.deadline);
    }
  }
  return true;
}

void Connection::TickAt(base::Deadline when) {
  next_tick_ = base::Deadline::Earlier(next_tick_, when);
}

}  // namespace attestd::ttrpc
