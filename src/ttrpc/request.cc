// SPDX-License-Identifier: Apache-2.0
#include "ttrpc/request.h"

#include <limits>

#include "base/method.h"
#include "proto/ttrpc.pb.h"

namespace attestd::ttrpc {

absl::StatusOr<Request> ParseRequest(base::ByteView data) {
  wire::Request message;
  if (data.size() > size_t{std::numeric_limits<int>::max()} ||
      !message.ParseFromArray(data.data(), static_cast<int>(data.size()))) {
    return absl::InvalidArgumentError("request: not a ttRPC Request");
  }
  if (message.payload().size() > base::kMaxRequestBytes) {
    return absl::ResourceExhaustedError("request: longer than 64 KiB");
  }
  Request request{.path = "/" + message.service() + "/" + message.method(),
                  .payload = base::ToBytes(base::AsBytes(message.payload()))};
  if (message.timeout_nano() != 0) {
    request.deadline = base::Deadline::After(absl::Nanoseconds(message.timeout_nano()));
  }
  return request;
}

}  // namespace attestd::ttrpc
