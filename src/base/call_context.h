// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_CALL_CONTEXT_H_
#define ATTESTD_BASE_CALL_CONTEXT_H_

#include <stop_token>

#include "base/deadline.h"
#include "base/status.h"

namespace attestd::base {

// How long a call may take, and whether its caller has left. Blocking work looks at both.
struct CallContext {
  Deadline deadline = Deadline::Infinite();
  std::stop_token stop = {};

  // OK; DeadlineExceeded when the time is up; Cancelled when the caller has left.
  absl::Status Check() const;
  // The same caller with less time.
  CallContext Until(Deadline earlier) const {
    return {.deadline = Deadline::Earlier(deadline, earlier), .stop = stop};
  }
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_CALL_CONTEXT_H_
