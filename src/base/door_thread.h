// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_DOOR_THREAD_H_
#define ATTESTD_BASE_DOOR_THREAD_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <thread>

#include "base/handle.h"
#include "base/mailbox.h"
#include "base/status.h"

namespace attestd::base {

// The one thread that serves all clients of a door. It starts with the first connection.
class DoorThread {
 public:
  // `run` serves by the mailbox until it has drained.
  DoorThread(std::shared_ptr<Mailbox> mailbox, std::function<void()> run)
      : mailbox_(std::move(mailbox)), run_(std::move(run)) {}
  DoorThread(const DoorThread&) = delete;
  DoorThread& operator=(const DoorThread&) = delete;
  // Drains, and returns when the thread has ended and no call is under way.
  ~DoorThread();

  void Accept(Arrival arrival);
  void Drain() { mailbox_->PutDrain(); }

 private:
  const std::shared_ptr<Mailbox> mailbox_;
  const std::function<void()> run_;
  absl::Mutex mutex_;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

// An empty one. The errno's status.
absl::StatusOr<std::shared_ptr<Mailbox>> MakeMailbox();

}  // namespace attestd::base

#endif  // ATTESTD_BASE_DOOR_THREAD_H_
