// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_CALLER_MEMORY_H_
#define ATTESTD_TEST_FUSE_CALLER_MEMORY_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <utility>

#include "base/bytes.h"

namespace attestd::fake_tee {

// copy_from_user and copy_to_user of a driver, from outside: process_vm_readv(2). Needs
// CAP_SYS_PTRACE; reaches processes that forbid dumps. False where the kernel says EFAULT.
class CallerMemory {
 public:
  explicit CallerMemory(pid_t caller) : caller_(caller) {}

  bool Read(uint64_t address, std::span<uint8_t> out) const {
    iovec local{.iov_base = out.data(), .iov_len = out.size()};
    const iovec remote = Remote(address, out.size());
    return std::cmp_equal(::process_vm_readv(caller_, &local, 1, &remote, 1, 0), out.size());
  }
  bool Write(uint64_t address, base::ByteView bytes) const {
    iovec local{.iov_base = const_cast<uint8_t*>(bytes.data()), .iov_len = bytes.size()};
    const iovec remote = Remote(address, bytes.size());
    return std::cmp_equal(::process_vm_writev(caller_, &local, 1, &remote, 1, 0), bytes.size());
  }

 private:
  static iovec Remote(uint64_t address, size_t size) {
    // An address of another process. NOLINTNEXTLINE(performance-no-int-to-ptr)
    return {.iov_base = reinterpret_cast<void*>(address), .iov_len = size};
  }

  const pid_t caller_;
};

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_CALLER_MEMORY_H_
