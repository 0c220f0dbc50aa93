// SPDX-License-Identifier: Apache-2.0
#include "base/epoll.h"

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace attestd::base {

absl::Status WatchDescriptor(int epoll, int fd, uint64_t word, uint32_t events, int operation) {
  epoll_event event{.events = events, .data = {.u64 = word}};
  return ::epoll_ctl(epoll, operation, fd, &event) == 0 ? absl::OkStatus()
                                                        : ErrnoStatus(errno, "epoll_ctl");
}

int EpollTimeout(absl::Duration left) {
  if (left == absl::InfiniteDuration()) {
    return -1;
  }
  return static_cast<int>(absl::ToInt64Milliseconds(std::min(left, absl::Hours(1)))) + 1;
}

}  // namespace attestd::base
