// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_INTERRUPTION_H_
#define ATTESTD_SECURE_MOUNT_INTERRUPTION_H_

#include <cstdint>

#include "base/deadline.h"
#include "base/status.h"

namespace attestd::secure_mount {

// When work for an order has to end before it is done: its time is up, attestd cancels it, or
// attestd is gone.
class Interruption {
 public:
  // `socket` is attestd's, -1 for none; it outlives this.
  Interruption(int socket, uint64_t order, base::Deadline deadline)
      : socket_(socket), order_(order), deadline_(deadline) {}

  base::Deadline deadline() const { return deadline_; }
  // What to poll for POLLIN before Check is called again.
  int socket() const { return socket_; }
  // OK; DeadlineExceeded (kDeadline); Cancelled. Reads what attestd says meanwhile; does not block.
  absl::Status Check();

 private:
  const int socket_;
  const uint64_t order_;
  const base::Deadline deadline_;
  bool cancelled_ = false;
};

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_INTERRUPTION_H_
