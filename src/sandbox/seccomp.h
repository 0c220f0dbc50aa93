// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SANDBOX_SECCOMP_H_
#define ATTESTD_SANDBOX_SECCOMP_H_

#include "base/status.h"

namespace attestd::sandbox {

struct SeccompOptions {
  // A library that is not ours runs in this process and may try to start a program
  // (nvidia-modprobe): that fails with EPERM then instead of ending the process.
  bool refuse_programs = false;
};

// Lets all threads of this process make the calls of system_calls.h only, from now on and for good
// (seccomp(2)). The deadly ones end the process by SIGSYS; any other fails with ENOSYS, as on a
// kernel that does not have it, so that libraries fall back. Memory is never writable and
// executable; signals reach this process only; sockets are unix, IP and vsock ones; limits, names
// and attributes of the process stay. Internal when the kernel refuses, with what to do.
absl::Status InstallSeccomp(const SeccompOptions& options);

}  // namespace attestd::sandbox

#endif  // ATTESTD_SANDBOX_SECCOMP_H_
