// SPDX-License-Identifier: Apache-2.0
#include "sandbox/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"

namespace attestd::sandbox {
namespace {

// More than any kernel has; it refuses the first that it does not know.
constexpr unsigned long kMostCapabilities = 64;

// True where the kernel does not tell.
bool HasCapabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) {
    return true;
  }
  return std::any_of(sets.begin(), sets.end(), [](const __user_cap_data_struct& set) {
    return (set.effective | set.permitted | set.inheritable) != 0;
  });
}

}  // namespace

absl::Status DropPrivileges() {
  // Without CAP_SETPCAP the bounding set stays, and is of no use to a process that starts none.
  for (unsigned long capability = 0; capability < kMostCapabilities; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      break;
    }
  }
  // EINVAL: a kernel before 4.3, without ambient capabilities.
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) {
    return base::ErrnoStatus(errno, "sandbox: ambient capabilities");
  }
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  // A unit that has left us none may refuse the call, too.
  if (HasCapabilities() && ::syscall(SYS_capset, &header, none.data()) != 0) {
    return base::ErrnoStatus(errno, "sandbox: capset");
  }
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
             ? absl::OkStatus()
             : base::ErrnoStatus(errno, "sandbox: no_new_privs");
}

}  // namespace attestd::sandbox
