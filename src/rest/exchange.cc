// SPDX-License-Identifier: Apache-2.0
#include "rest/exchange.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "rest/error.h"

namespace attestd::rest {
namespace {

// A client that gets its refusal before it has sent its body may see a reset instead; up to here
// the body is read, and dropped, first.
constexpr uint64_t kMaxDropped = uint64_t{1} << 20;

}  // namespace

bool Exchange::TakeHead(const Head& head) {
  has_head_ = true;
  Parsed parsed = ParseRequest(head, house_.features);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    reply_ = ErrorReply(*refusal);
    const std::optional<Framing> framing = ParseFraming(head);
    return framing.has_value() && framing->length <= kMaxDropped;
  }
  request_ = std::move(std::get<Request>(parsed));
  return true;
}

bool Exchange::TakeBody(base::ByteView piece) {
  body_bytes_ += piece.size();
  const size_t room = kMaxBodyBytes - std::min(kMaxBodyBytes, body_.size());
  if (!has_reply()) {
    body_ += base::AsText(piece.first(std::min(room, piece.size())));
  }
  return body_bytes_ <= kMaxDropped;
}

bool Exchange::Begin() {
  if (has_reply()) {
    return false;
  }
  if (body_bytes_ > kMaxBodyBytes) {
    reply_ = ErrorReply(kBodyTooLong);
    return false;
  }
  if (request_.kind == Request::Kind::kEvent) {
    Parsed parsed = ParseEvent(body_);
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
      reply_ = ErrorReply(*refusal);
      return false;
    }
    request_ = std::move(std::get<Request>(parsed));
  }
  return Call();
}

// The next call, or the reply.
bool Exchange::Call() {
  if (replies_.size() == request_.calls.size()) {
    Finish();
    return false;
  }
  const Request::Call& call = request_.calls[replies_.size()];
  const auto method = house_.methods.find(call.method);
  if (method == house_.methods.end()) {
    Refuse(absl::UnimplementedError("this attestd has no such method"));
    return false;
  }
  house_.mailbox->CallBegins();
  method->second(base::AsBytes(call.message), {.stop = stop_.get_token(), .caller = caller_},
                 [mailbox = house_.mailbox, id = id_](absl::StatusOr<base::Reply> reply) {
                   mailbox->Put({.client = id, .reply = std::move(reply)});
                 });
  return true;
}

bool Exchange::End(absl::StatusOr<base::Reply> reply) {
  if (!reply.ok()) {
    Refuse(reply.status());
    return false;
  }
  replies_.push_back(*std::move(reply));
  return Call();
}

void Exchange::Finish() {
  absl::StatusOr<HttpReply> reply = MakeReply(
      request_.kind,
      {.of_calls = std::move(replies_), .features = house_.features, .version = house_.version});
  reply_ = reply.ok() ? *std::move(reply) : ErrorReply(reply.status());
}

void Exchange::Refuse(const absl::Status& status) {
  if (!has_reply()) {
    reply_ = ErrorReply(status);
  }
}

HttpReply Exchange::TakeReply() {
  HttpReply reply = reply_.has_value() ? *std::move(reply_)
                                       : ErrorReply(absl::InternalError("no reply was made"));
  reply_.reset();
  return reply;
}

}  // namespace attestd::rest
