// SPDX-License-Identifier: Apache-2.0
#include "agent/metered_reads.h"

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "base/deadline.h"

namespace attestd::agent {
namespace {

// The kernel's number of a socket, which no other ever has; 0 when it is none.
uint64_t CookieOf(int socket) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return ::getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

// The meters by cookie. A meter is used by whoever reads its socket, one at a time.
class Meters {
 public:
  void Add(uint64_t cookie, std::shared_ptr<Http2Meter> meter) {
    const absl::MutexLock lock(&mutex_);
    meters_[cookie] = std::move(meter);
  }
  void Remove(uint64_t cookie) {
    const absl::MutexLock lock(&mutex_);
    meters_.erase(cookie);
  }
  std::shared_ptr<Http2Meter> Find(uint64_t cookie) {
    const absl::MutexLock lock(&mutex_);
    const auto found = meters_.find(cookie);
    return found == meters_.end() ? nullptr : found->second;
  }

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<uint64_t, std::shared_ptr<Http2Meter>> meters_ ABSL_GUARDED_BY(mutex_);
};

// Never ends: gRPC's threads read to the last.
Meters& AllMeters() {
  static auto& meters = *new Meters;  // NOLINT(cppcoreguidelines-owning-memory)
  return meters;
}

// Whether the meter lets pass what was read.
bool MayPass(const msghdr& message, size_t size, Http2Meter& meter) {
  const absl::Duration now = base::BootTime();
  for (size_t i = 0; i < message.msg_iovlen && size > 0; ++i) {
    const iovec& part = message.msg_iov[i];
    const size_t used = std::min(size, part.iov_len);
    if (!meter.Take({static_cast<const uint8_t*>(part.iov_base), used}, now)) {
      return false;
    }
    size -= used;
  }
  return true;
}

}  // namespace

MeteredReads::MeteredReads(const base::UniqueFd& connection, std::shared_ptr<Http2Budget> budget)
    : cookie_(CookieOf(connection.get())) {
  if (cookie_ != 0) {
    AllMeters().Add(cookie_, std::make_shared<Http2Meter>(std::move(budget)));
  }
}

MeteredReads::~MeteredReads() {
  if (cookie_ != 0) {
    AllMeters().Remove(cookie_);
  }
}

}  // namespace attestd::agent

// In the place of libc's, for gRPC. Its parameters have libc's names.
extern "C" ssize_t recvmsg(int fd, msghdr* message, int flags) {
  using attestd::agent::AllMeters;
  const ssize_t size = ::syscall(SYS_recvmsg, fd, message, flags);
  if (size <= 0 || (flags & MSG_PEEK) != 0) {
    return size;
  }
  const auto meter = AllMeters().Find(attestd::agent::CookieOf(fd));
  if (meter == nullptr || attestd::agent::MayPass(*message, static_cast<size_t>(size), *meter)) {
    return size;
  }
  ::shutdown(fd, SHUT_RDWR);
  errno = ECONNRESET;
  return -1;
}
