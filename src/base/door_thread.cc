// SPDX-License-Identifier: Apache-2.0
#include "base/door_thread.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"

namespace attestd::base {

DoorThread::~DoorThread() {
  Drain();
  std::thread thread;
  {
    const absl::MutexLock lock(&mutex_);
    thread = std::move(thread_);
  }
  if (thread.joinable()) {
    thread.join();
  }
  mailbox_->AwaitCalls();
}

void DoorThread::Accept(Arrival arrival) {
  mailbox_->Put(std::move(arrival));
  const absl::MutexLock lock(&mutex_);
  if (!thread_.joinable()) {
    thread_ = std::thread(run_);
  }
}

absl::StatusOr<std::shared_ptr<Mailbox>> MakeMailbox() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) {
    return ErrnoStatus(errno, "eventfd");
  }
  return std::make_shared<Mailbox>(std::move(event));
}

}  // namespace attestd::base
