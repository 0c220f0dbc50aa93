// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_CALL_CONTEXT_H_
#define ATTESTD_BASE_CALL_CONTEXT_H_

#include <stop_token>

#include "base/caller.h"
#include "base/deadline.h"
#include "base/status.h"

namespace attestd::base {

// How long a call may take, whether its caller has left, and who that is. Blocking work looks at
// both.
struct CallContext {
  Deadline deadline = Deadline::Infinite();
  std::stop_token stop = {};
  CallerRef caller = {};  // null: attestd itself

  // OK; DeadlineExceeded when the time is up; Cancelled when the caller has left.
  absl::Status Check() const;
  // The same caller with less time.
  CallContext Until(Deadline earlier) const {
    return {.deadline = Deadline::Earlier(deadline, earlier), .stop = stop, .caller = caller};
  }
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_CALL_CONTEXT_H_
