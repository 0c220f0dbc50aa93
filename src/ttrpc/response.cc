// SPDX-License-Identifier: Apache-2.0
#include "ttrpc/response.h"

#include "base/message_field.h"
#include "proto/error_details.pb.h"
#include "ttrpc/frame.h"

namespace attestd::ttrpc {
namespace {

// Fields of Response.
constexpr unsigned kStatusField = 1;
constexpr unsigned kPayloadField = 2;

// `tail` bytes follow what is in `data`.
std::string Framed(uint32_t stream, const std::string& data, size_t tail) {
  return EncodeHeader({.length = static_cast<uint32_t>(data.size() + tail),
                       .stream = stream,
                       .type = kResponse}) +
         data;
}

std::string EncodeStatus(const absl::Status& status) {
  std::string details = base::ErrorDetails(status);
  if (details.empty()) {
    rpc::Status message;
    message.set_code(status.raw_code());
    message.set_message(std::string(status.message()));
    details = message.SerializeAsString();
  }
  return details;
}

Outgoing EncodeError(uint32_t stream, const absl::Status& status) {
  const std::string encoded = EncodeStatus(status);
  std::string data;
  base::AppendFieldHead(kStatusField, encoded.size(), data);
  return {.head = Framed(stream, data + encoded, 0), .secret = {}};
}

}  // namespace

Outgoing EncodeResponse(uint32_t stream, const absl::StatusOr<base::Reply>& reply) {
  if (!reply.ok()) {
    return EncodeError(stream, reply.status());
  }
  // The status is there and empty, as guest-components sends it: OK is 0.
  std::string data;
  base::AppendFieldHead(kStatusField, 0, data);
  base::AppendFieldHead(kPayloadField, reply->size(), data);
  data += reply->bytes;
  const size_t tail = reply->size() - reply->bytes.size();
  if (data.size() + tail > kMaxDataBytes) {
    return EncodeError(stream, base::MakeStatus(absl::StatusCode::kResourceExhausted,
                                                "reply: longer than the 4 MiB that ttRPC carries; "
                                                "ask over gRPC"));
  }
  return {.head = Framed(stream, data, tail), .secret = reply->secret};
}

}  // namespace attestd::ttrpc
