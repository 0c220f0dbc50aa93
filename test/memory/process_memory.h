// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_MEMORY_PROCESS_MEMORY_H_
#define ATTESTD_TEST_MEMORY_PROCESS_MEMORY_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::memory_scan {

// A line of /proc/PID/maps.
struct Mapping {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string access;  // "rw-p"
  std::string name;    // "[heap]", a file, or nothing

  bool readable() const { return access.starts_with('r'); }
  bool writable() const { return access.size() > 1 && access[1] == 'w'; }
};

// The lines of /proc/PID/maps (proc(5)); lines that are none are left out.
std::vector<Mapping> ParseMaps(std::string_view text);

// What came of reading a mapping.
struct ReadMapping {
  Mapping mapping;
  size_t bytes = 0;  // that were read
};

// Gives `see` the bytes of each readable mapping of a process, pieces that the kernel does not give
// left out: those of memfd_secret, and the kernel's own. Mappings above 1 GiB are not read. Only
// root reads a process that forbids dumps: PermissionDenied.
absl::StatusOr<std::vector<ReadMapping>> ReadMemory(
    pid_t pid, const std::function<void(const Mapping&, uint64_t address, base::ByteView)>& see);

}  // namespace attestd::memory_scan

#endif  // ATTESTD_TEST_MEMORY_PROCESS_MEMORY_H_
