// SPDX-License-Identifier: Apache-2.0
#include "ttrpc/send_queue.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace attestd::ttrpc {
namespace {

// A frame has two parts.
constexpr size_t kMaxParts = 64;

// Collects what is to be sent, without the first `skip` bytes.
class Parts {
 public:
  explicit Parts(size_t skip) : skip_(skip) {}

  bool full() const { return used_ + 2 > kMaxParts; }
  void Add(base::ByteView bytes) {
    const size_t skipped = std::min(skip_, bytes.size());
    skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (!bytes.empty()) {
      // sendmsg only reads it, though its type does not say so.
      parts_.at(used_++) = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
    }
  }
  msghdr Message() {
    msghdr message{};
    message.msg_iov = parts_.data();
    message.msg_iovlen = used_;
    return message;
  }

 private:
  size_t skip_;
  size_t used_ = 0;
  std::array<iovec, kMaxParts> parts_;
};

}  // namespace

void SendQueue::Push(Outgoing frame) {
  size_ += frame.size();
  frames_.push_back(std::move(frame));
}

absl::StatusOr<bool> SendQueue::Flush(int socket) {
  bool progress = false;
  while (!frames_.empty()) {
    Parts parts(sent_of_first_);
    for (auto frame = frames_.begin(); frame != frames_.end() && !parts.full(); ++frame) {
      parts.Add(base::AsBytes(frame->head));
      if (frame->secret != nullptr) {
        parts.Add(frame->secret->view());
      }
    }
    const msghdr message = parts.Message();
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent < 0) {
      const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
      return full ? absl::StatusOr<bool>(progress) : absl::UnavailableError("the peer has left");
    }
    Sent(static_cast<size_t>(sent));
    progress = true;
  }
  return progress;
}

void SendQueue::Sent(size_t bytes) {
  size_ -= bytes;
  bytes += sent_of_first_;
  while (!frames_.empty() && bytes >= frames_.front().size()) {
    bytes -= frames_.front().size();
    frames_.pop_front();
  }
  sent_of_first_ = bytes;
}

}  // namespace attestd::ttrpc
