// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/virtual_file.h"

#include <fcntl.h>

#include <algorithm>

namespace attestd::fake_tee {

int CopyOut(base::ByteView bytes, std::span<uint8_t> out, uint64_t offset) {
  if (offset >= bytes.size()) {
    return 0;
  }
  const base::ByteView rest = bytes.subspan(static_cast<size_t>(offset));
  const size_t size = std::min(rest.size(), out.size());
  std::copy_n(rest.begin(), size, out.begin());
  return static_cast<int>(size);
}

int CheckAccess(mode_t mode, int flags) {
  const int access = flags & O_ACCMODE;
  const bool reads = access != O_WRONLY;
  const bool writes = access != O_RDONLY;
  return (reads && (mode & 0444U) == 0) || (writes && (mode & 0222U) == 0) ? -EACCES : 0;
}

}  // namespace attestd::fake_tee
