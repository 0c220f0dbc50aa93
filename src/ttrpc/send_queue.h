// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TTRPC_SEND_QUEUE_H_
#define ATTESTD_TTRPC_SEND_QUEUE_H_

#include <cstddef>
#include <list>

#include "base/status.h"
#include "ttrpc/response.h"

namespace attestd::ttrpc {

// What a slow reader has not taken yet, in order. A frame's secret is let go of when its last byte
// is with the kernel.
class SendQueue {
 public:
  void Push(Outgoing frame);

  // Sends as much as the socket takes without blocking; whether it took any. Unavailable when the
  // peer has left.
  absl::StatusOr<bool> Flush(int socket);

  bool empty() const { return frames_.empty(); }
  // Bytes not sent.
  size_t size() const { return size_; }

 private:
  void Sent(size_t bytes);

  std::list<Outgoing> frames_;
  size_t sent_of_first_ = 0;
  size_t size_ = 0;
};

}  // namespace attestd::ttrpc

#endif  // ATTESTD_TTRPC_SEND_QUEUE_H_
