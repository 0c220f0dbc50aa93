// SPDX-License-Identifier: Apache-2.0
#include "base/mailbox.h"

#include <unistd.h>

#include <utility>

namespace attestd::base {

void Mailbox::Put(Arrival arrival) {
  {
    const absl::MutexLock lock(&mutex_);
    if (drained_) {
      return;
    }
    mail_.arrivals.push_back(std::move(arrival));
  }
  Ring();
}

void Mailbox::PutDrain() {
  {
    const absl::MutexLock lock(&mutex_);
    mail_.drain = true;
    drained_ = true;
  }
  Ring();
}

void Mailbox::CallBegins() {
  const absl::MutexLock lock(&mutex_);
  ++calls_;
}

void Mailbox::Put(Answer answer) {
  bool first = false;
  {
    const absl::MutexLock lock(&mutex_);
    first = mail_.answers.empty();
    mail_.answers.push_back(std::move(answer));
    --calls_;
  }
  // Whoever put the first one rings, or has rung, for all.
  if (first) {
    Ring();
  }
}

Mailbox::Mail Mailbox::Take() {
  uint64_t rings = 0;
  [[maybe_unused]] const ssize_t size = ::read(event_.get(), &rings, sizeof rings);
  const absl::MutexLock lock(&mutex_);
  return std::exchange(mail_, {});
}

void Mailbox::AwaitCalls() {
  const absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](Mailbox* box) ABSL_EXCLUSIVE_LOCKS_REQUIRED(box->mutex_) { return box->NoCalls(); },
      this));
}

void Mailbox::Ring() {
  constexpr uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t size = ::write(event_.get(), &kOne, sizeof kOne);
}

}  // namespace attestd::base
