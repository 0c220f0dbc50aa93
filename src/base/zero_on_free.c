// SPDX-License-Identifier: Apache-2.0
// Zeroes every block that the process frees, so that copies made by libraries (protobuf, gRPC,
// curl) do not outlive their use. Linked as an object into the programs, where the dynamic linker
// finds these definitions before glibc's. glibc only: it stands on __libc_malloc and __libc_free.
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

extern void* __libc_malloc(size_t size);
extern void __libc_free(void* block);

static void wipe(void* block, size_t size) {
  memset(block, 0, size);
  __asm__ volatile("" ::"r"(block) : "memory");
}

void free(void* block) {
  if (block == NULL) {
    return;
  }
  const int saved = errno;
  wipe(block, malloc_usable_size(block));
  __libc_free(block);
  errno = saved;
}

// glibc's own realloc would leave the old block unwiped when it moves.
void* realloc(void* block, size_t size) {
  if (block == NULL) {
    return __libc_malloc(size);
  }
  if (size == 0) {
    free(block);
    return NULL;
  }
  const size_t usable = malloc_usable_size(block);
  if (size <= usable && (size >= usable / 2 || usable <= 256)) {
    wipe((char*)block + size, usable - size);
    return block;
  }
  void* moved = __libc_malloc(size);
  if (moved == NULL) {
    return NULL;
  }
  memcpy(moved, block, size < usable ? size : usable);
  free(block);
  return moved;
}

void* reallocarray(void* block, size_t count, size_t size) {
  size_t total = 0;
  if (__builtin_mul_overflow(count, size, &total)) {
    errno = ENOMEM;
    return NULL;
  }
  return realloc(block, total);
}
