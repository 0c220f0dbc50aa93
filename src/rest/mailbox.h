// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_MAILBOX_H_
#define ATTESTD_REST_MAILBOX_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/handle.h"
#include "base/method.h"
#include "base/status.h"

namespace attestd::rest {

// The end of a call.
struct Answer {
  uint64_t exchange = 0;
  absl::StatusOr<base::Reply> reply;
};

// What other threads have for the server's: connections, ends of calls, and the word to stop. It
// also counts the calls under way.
class Mailbox {
 public:
  explicit Mailbox(base::UniqueFd event) : event_(std::move(event)) {}

  // An eventfd, readable when there is something to take.
  int event() const { return event_.get(); }

  // After the word to drain, none is taken.
  void Put(base::UniqueFd connection);
  void PutDrain();
  void CallBegins();
  // Ends a call.
  void Put(Answer answer);

  struct Mail {
    std::vector<base::UniqueFd> connections;
    std::vector<Answer> answers;
    bool drain = false;
  };
  Mail Take();

  // Returns when no call is under way.
  void AwaitCalls();

 private:
  void Ring();
  bool NoCalls() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return calls_ == 0; }

  const base::UniqueFd event_;
  absl::Mutex mutex_;
  Mail mail_ ABSL_GUARDED_BY(mutex_);
  bool drained_ ABSL_GUARDED_BY(mutex_) = false;
  size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace attestd::rest

#endif  // ATTESTD_REST_MAILBOX_H_
