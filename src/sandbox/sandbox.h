// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SANDBOX_SANDBOX_H_
#define ATTESTD_SANDBOX_SANDBOX_H_

#include <string>
#include <vector>

#include "base/status.h"
#include "sandbox/landlock.h"
#include "sandbox/seccomp.h"

namespace attestd::sandbox {

// What a process needs from now on.
struct Needs {
  // Paths that may not be there yet.
  std::vector<Grant> grants;
  SeccompOptions seccomp;
  LandlockOptions landlock;
};

// What became of it.
struct Entered {
  int landlock_version = 0;  // 0: the kernel has none, and files are not restricted
  // Paths that were not there, and the folders above that were granted in their place; "" where
  // none could be.
  struct Wider {
    std::string path;
    std::string granted;
  };
  std::vector<Wider> wider;
};

// Capabilities, no_new_privs, Landlock and seccomp of this process, for good. Before it starts its
// first thread: Landlock is each thread's own. FailedPrecondition when it has others already.
absl::StatusOr<Entered> Enter(const Needs& needs);

}  // namespace attestd::sandbox

#endif  // ATTESTD_SANDBOX_SANDBOX_H_
