// SPDX-License-Identifier: Apache-2.0
#include "agent/typed_method.h"

#include <google/protobuf/message_lite.h>

#include <limits>

namespace attestd::agent {

absl::Status ParseMessage(base::ByteView bytes, google::protobuf::MessageLite& message) {
  if (bytes.size() > size_t{std::numeric_limits<int>::max()} ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "the request is no " + message.GetTypeName());
  }
  return absl::OkStatus();
}

absl::StatusOr<base::Reply> SerializeMessage(const google::protobuf::MessageLite& message) {
  base::Reply reply;
  if (!message.SerializeToString(&reply.bytes)) {
    return absl::InternalError(message.GetTypeName() + " could not be serialised");
  }
  return reply;
}

}  // namespace attestd::agent
