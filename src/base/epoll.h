// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_EPOLL_H_
#define ATTESTD_BASE_EPOLL_H_

#include <absl/time/time.h>
#include <sys/epoll.h>

#include <cstdint>

#include "base/status.h"

// What loops that wait with epoll have in common.
namespace attestd::base {

// Lets `epoll` report these events of a descriptor with `word`. EPOLL_CTL_MOD changes what it
// reports. Errors: by the system call's error, as ErrnoStatus.
absl::Status WatchDescriptor(int epoll, int fd, uint64_t word, uint32_t events,
                             int operation = EPOLL_CTL_ADD);

// Milliseconds for epoll_wait: at least as long as the time left, an hour at most; -1, for ever,
// for InfiniteDuration.
int EpollTimeout(absl::Duration left);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_EPOLL_H_
