// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD: one allocation fails. The file that ATTESTD_FAILING_MALLOC names holds a number of 64
// bits, little-endian: how many allocations from now on, counted over all threads, until one is
// refused; zero and less refuse none. What realloc moves does not count, where the program has its
// own. glibc only: it stands on __libc_malloc and its kin.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);

static _Atomic int64_t none = 0;
static _Atomic int64_t* left = &none;

__attribute__((constructor)) static void map_number(void) {
  const char* path = getenv("ATTESTD_FAILING_MALLOC");
  const int file = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) {
    return;
  }
  void* page = mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) {
    left = (_Atomic int64_t*)page;
  }
}

static int refused(void) {
  if (atomic_load_explicit(left, memory_order_relaxed) <= 0 ||
      atomic_fetch_sub_explicit(left, 1, memory_order_relaxed) != 1) {
    return 0;
  }
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t size) { return refused() ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return refused() ? NULL : __libc_calloc(count, size); }
void* memalign(size_t alignment, size_t size) {
  return refused() ? NULL : __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block != NULL ? 0 : ENOMEM;
}
