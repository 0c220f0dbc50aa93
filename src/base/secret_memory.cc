// SPDX-License-Identifier: Apache-2.0
#include "base/secret_memory.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/file.h"
#include "base/handle.h"
#include "base/openssl_error.h"

namespace attestd::base {
namespace {

// Smallest piece of the arena: a P-256 scalar, an AES-256 key.
constexpr size_t kSmallestPiece = 32;
// What the empty arena's allocator keeps in it, at its begin (crypto/mem_sec.c, SH_LIST): two
// pointers.
constexpr size_t kArenaHead = 2 * sizeof(void*);

// Where OpenSSL's arena of `size` bytes begins; null when it gives no memory.
uint8_t* FindArena(size_t size) {
  void* inside = CRYPTO_secure_malloc(kSmallestPiece, __FILE__, __LINE__);
  if (inside == nullptr) {
    return nullptr;
  }
  const auto known = reinterpret_cast<uintptr_t>(inside);
  // `good` bytes before `known` are the arena's, `bad` are not.
  size_t good = 0;
  size_t bad = size;
  while (bad - good > 1) {
    const size_t middle = good + (bad - good) / 2;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): it may point into nothing of ours
    const auto* probe = reinterpret_cast<const void*>(known - middle);
    (CRYPTO_secure_allocated(probe) == 1 ? good : bad) = middle;
  }
  CRYPTO_secure_free(inside, __FILE__, __LINE__);  // now the arena is one free piece
  return static_cast<uint8_t*>(inside) - good;
}

// A mapping that no other process can read; null where the kernel has none for us: it is older than
// 5.14, was started without secretmem.enable=1 (before 6.5), or RLIMIT_MEMLOCK is below `size`.
void* MapSecretPages(size_t size) {
#ifdef SYS_memfd_secret
  const UniqueFd fd(static_cast<int>(::syscall(SYS_memfd_secret, O_CLOEXEC)));
  if (!fd.valid() || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
    return nullptr;
  }
  void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  return pages == MAP_FAILED ? nullptr : pages;
#else
  static_cast<void>(size);
  return nullptr;
#endif
}

// Puts pages of memfd_secret where the empty arena's are, between its guard pages. False leaves it
// as it was, but for the lock.
absl::StatusOr<bool> HideArena(uint8_t* arena, size_t size) {
  // The lock of the old pages would count against the limit of the new ones.
  ::munlock(arena, size);
  void* pages = MapSecretPages(size);
  if (pages == nullptr) {
    return false;
  }
  std::memcpy(pages, arena, kArenaHead);
  // Shared pages: a child would have them too.
  if (::madvise(pages, size, MADV_DONTFORK) != 0) {
    ::munmap(pages, size);
    return false;
  }
  if (::mremap(pages, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, arena) == MAP_FAILED) {
    return ErrnoStatus(errno, "secret memory: its pages cannot be put in place");
  }
  return true;
}

bool LockArena(uint8_t* arena, size_t size) {
  ::madvise(arena, size, MADV_WIPEONFORK);
  return ::mlock2(arena, size, MLOCK_ONFAULT) == 0;
}

}  // namespace

std::string_view ProtectionName(SecretProtection protection) {
  switch (protection) {
    case SecretProtection::kGuarded:
      return "not locked";
    case SecretProtection::kLocked:
      return "locked";
    case SecretProtection::kMemfdSecret:
      break;
  }
  return "memfd_secret";
}

absl::StatusOr<SecretArena> SetUpSecretArena(size_t size) {
  // First of all OpenSSL: no openssl.cnf, and no OPENSSL_CONF of the environment.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  // 1: locked. 2: set up, but mlock was refused. 0: failed (OPENSSL_secure_malloc(3)).
  const int result = CRYPTO_secure_malloc_init(size, kSmallestPiece);
  uint8_t* const arena = result == 1 || result == 2 ? FindArena(size) : nullptr;
  if (arena == nullptr) {
    return OpensslError("secret memory: cannot set up the arena");
  }
  ASSIGN_OR_RETURN(const bool hidden, HideArena(arena, size));
  SecretArena memory{.size = size};
  if (hidden) {
    memory.protection = SecretProtection::kMemfdSecret;
  } else if (LockArena(arena, size)) {
    memory.protection = SecretProtection::kLocked;
  }
  return memory;
}

absl::Status ForbidDumps(DumpBan ban) {
  constexpr rlimit kNone = {.rlim_cur = 0, .rlim_max = 0};
  if (::prctl(PR_SET_DUMPABLE, 0) != 0 ||
      (ban == DumpBan::kProcess && ::setrlimit(RLIMIT_CORE, &kNone) != 0)) {
    return ErrnoStatus(errno, "core dumps cannot be forbidden");
  }
  return absl::OkStatus();
}

}  // namespace attestd::base
