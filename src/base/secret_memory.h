// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_SECRET_MEMORY_H_
#define ATTESTD_BASE_SECRET_MEMORY_H_

#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace attestd::base {

// How far the kernel keeps the secret memory from others.
enum class SecretProtection {
  kGuarded,      // mlock was refused (RLIMIT_MEMLOCK): may be swapped; still left out of dumps
  kLocked,       // mlock(2), left out of dumps, empty in a child of fork(2)
  kMemfdSecret,  // memfd_secret(2): nobody else reads it, not even root or the rest of the kernel
};
std::string_view ProtectionName(SecretProtection protection);

// What the process got for its secrets. All kinds have guard pages and are wiped.
struct SecretArena {
  size_t size = 0;
  SecretProtection protection = SecretProtection::kGuarded;

  bool locked() const { return protection != SecretProtection::kGuarded; }
};

// Sets up the process's secret memory: one arena with guard pages, in the best way that the kernel
// grants. Private numbers of OpenSSL's keys are in it too. `size` is a power of two, in bytes;
// pages are taken only when used. Call once, first thing in main, while there is one thread. Until
// then, and in tests that do not call it, Secret uses ordinary memory.
absl::StatusOr<SecretArena> SetUpSecretArena(size_t size);

// For a program that becomes another one by execve(2), which has its own say on its dumps.
enum class DumpBan { kProgram, kProcess };
// Forbids core dumps, and that others of its user read the program's memory; with kProcess also
// what the process becomes or starts has no dumps. Errors are the kernel's.
absl::Status ForbidDumps(DumpBan ban = DumpBan::kProcess);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_SECRET_MEMORY_H_
