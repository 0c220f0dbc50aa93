// SPDX-License-Identifier: Apache-2.0
#include "rest/reply.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "proto/attestation_agent.pb.h"

namespace attestd::rest {
namespace {

// Members in the order of guest-components.
using OrderedJson = nlohmann::ordered_json;

// Field 1, wire type 2 (length-delimited).
constexpr char kFieldOneBytes = 0x0a;

// Where the bytes begin that are the only field, number 1, of the message: the shape of the replies
// to GetResource, GetToken and GetEvidence. They are sent from where they are. A secret is all of
// the field.
std::optional<size_t> FieldOne(const base::Reply& message) {
  const std::string& bytes = message.bytes;
  if (message.size() == 0) {
    return 0;  // proto3 leaves out a field that holds its default
  }
  uint64_t length = 0;
  size_t at = 1;
  for (unsigned shift = 0; shift < 35 && at < bytes.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    length |= uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) {
      const bool is_whole = bytes[0] == kFieldOneBytes && message.size() - at == length &&
                            (message.secret == nullptr || at == bytes.size());
      return is_whole ? std::optional(at) : std::nullopt;
    }
  }
  return std::nullopt;
}

absl::Status BadMessage() { return absl::InternalError("a method's reply is no message of it"); }

HttpReply JsonReply(const OrderedJson& json) {
  return {.body = {.bytes = json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace),
                   .secret = {}}};
}

absl::StatusOr<HttpReply> BytesReply(Replies replies) {
  if (replies.of_calls.size() != 1) {
    return BadMessage();
  }
  base::Reply& message = replies.of_calls.front();
  const std::optional<size_t> begin = FieldOne(message);
  if (!begin.has_value()) {
    return BadMessage();
  }
  return HttpReply{
      .content_type = "application/octet-stream", .body = std::move(message), .begin = *begin};
}

absl::StatusOr<HttpReply> InfoReply(const Replies& replies) {
  OrderedJson info;
  info["version"] = replies.version;
  if (replies.of_calls.size() == 2) {
    attestation_agent::GetTeeTypeResponse type;
    attestation_agent::GetAdditionalTeesResponse others;
    if (!type.ParseFromString(replies.of_calls[0].bytes) ||
        !others.ParseFromString(replies.of_calls[1].bytes)) {
      return BadMessage();
    }
    info["tee"] = type.tee();
    for (const std::string& tee : others.additional_tees()) {
      info["additional_tees"].push_back(tee);
    }
  }
  info["feature"] = replies.features.name();
  return JsonReply(info);
}

// guest-components' bodies, letter for letter.
absl::StatusOr<HttpReply> EventReply(const Replies& replies) {
  attestation_agent::ExtendRuntimeMeasurementResponse response;
  if (replies.of_calls.size() != 1 || !response.ParseFromString(replies.of_calls[0].bytes)) {
    return BadMessage();
  }
  HttpReply reply;
  switch (response.result()) {
    case attestation_agent::OK:
      reply.body.bytes = R"({"success":"true"})";
      return reply;
    case attestation_agent::NOT_SUPPORTED:
      reply.body.bytes =
          R"({"success":"false","message": "The platform does not support runtime measurement"})";
      return reply;
    case attestation_agent::NOT_ENABLED:
      reply.body.bytes =
          R"({"success":"false","message": "Attestation Agent does not enable eventlog recording"})";
      return reply;
    default:
      return BadMessage();
  }
}

}  // namespace

absl::StatusOr<HttpReply> MakeReply(Request::Kind kind, Replies replies) {
  switch (kind) {
    case Request::Kind::kBytes:
      return BytesReply(std::move(replies));
    case Request::Kind::kInfo:
      return InfoReply(replies);
    case Request::Kind::kEvent:
      return EventReply(replies);
  }
  return BadMessage();
}

}  // namespace attestd::rest
