// SPDX-License-Identifier: Apache-2.0
#include "base/call_context.h"

namespace attestd::base {

absl::Status CallContext::Check() const {
  if (deadline.Expired()) {
    return MakeStatus(absl::StatusCode::kDeadlineExceeded, Reason::kDeadline, "no time left");
  }
  if (stop.stop_requested()) {
    return MakeStatus(absl::StatusCode::kCancelled, Reason::kDeadline, "the caller has left");
  }
  return absl::OkStatus();
}

}  // namespace attestd::base
