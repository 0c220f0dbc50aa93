// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_MAILBOX_H_
#define ATTESTD_BASE_MAILBOX_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/caller.h"
#include "base/handle.h"
#include "base/method.h"
#include "base/status.h"

namespace attestd::base {

// The end of a call, of a client and of one of its requests by the door's own numbers.
struct Answer {
  uint64_t client = 0;
  uint32_t request = 0;
  absl::StatusOr<Reply> reply;
};

// A client that has just been let in.
struct Arrival {
  UniqueFd socket;
  CallerRef caller;
};

// What other threads have for a door's: connections, ends of calls, and the word to stop. It also
// counts the calls under way.
class Mailbox {
 public:
  explicit Mailbox(UniqueFd event) : event_(std::move(event)) {}

  // An eventfd, readable when there is something to take.
  int event() const { return event_.get(); }

  // After the word to drain, the client is hung up on.
  void Put(Arrival arrival);
  void PutDrain();
  void CallBegins();
  // Ends a call.
  void Put(Answer answer);

  struct Mail {
    std::vector<Arrival> arrivals;
    std::vector<Answer> answers;
    bool drain = false;
  };
  Mail Take();

  // Returns when no call is under way.
  void AwaitCalls();

 private:
  void Ring();
  bool NoCalls() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return calls_ == 0; }

  const UniqueFd event_;
  absl::Mutex mutex_;
  Mail mail_ ABSL_GUARDED_BY(mutex_);
  bool drained_ ABSL_GUARDED_BY(mutex_) = false;
  size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_MAILBOX_H_
