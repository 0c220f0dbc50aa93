// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SANDBOX_LANDLOCK_H_
#define ATTESTD_SANDBOX_LANDLOCK_H_

#include <span>
#include <string>

#include "base/status.h"

namespace attestd::sandbox {

// What may be done at a path and, when it is a folder, below it.
enum class Access {
  kRead,    // files and lists of folders
  kWrite,   // the same, and make, change and remove files and folders
  kDevice,  // read, write and control a device
  kRemove,  // remove files
};

struct Grant {
  std::string path;
  Access access = Access::kRead;

  bool operator==(const Grant&) const = default;
};

// The version of Landlock that the kernel speaks; 0 when it has none, or has it switched off.
int LandlockVersion();

struct LandlockOptions {
  // Whether sockets with abstract names, of others, may be connected to (version 6).
  bool abstract_sockets = false;
};

// Restricts the calling thread, and those that it starts later, for good (landlock(7)): files and
// folders to the grants, whose paths exist; no TCP port is bound (version 4), no process that is
// not ours is sent a signal (version 6). Nothing is executed, no socket, link or device made.
// Needs no_new_privs. OK without effect when the kernel has no Landlock. Errors name the path.
absl::Status RestrictFiles(std::span<const Grant> grants, const LandlockOptions& options);

}  // namespace attestd::sandbox

#endif  // ATTESTD_SANDBOX_LANDLOCK_H_
