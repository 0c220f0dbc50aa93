// SPDX-License-Identifier: Apache-2.0
#include "agent/startup_pages.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace attestd::agent {
namespace {

int ReleaseObject(dl_phdr_info* object, size_t /*size*/, void* /*context*/) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) {
      continue;
    }
    const uintptr_t begin = (object->dlpi_addr + segment.p_vaddr + page - 1) & ~(page - 1);
    const uintptr_t end = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz) & ~(page - 1);
    if (begin < end) {
      // Best effort: the kernel refuses mappings of its own (vdso). The address is the linker's.
      // NOLINTNEXTLINE(performance-no-int-to-ptr): as the linker gives it
      ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
  }
  return 0;
}

}  // namespace

void ReleaseStartupPages() { ::dl_iterate_phdr(ReleaseObject, nullptr); }

}  // namespace attestd::agent
