// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SANDBOX_CAPABILITIES_H_
#define ATTESTD_SANDBOX_CAPABILITIES_H_

#include "base/status.h"

namespace attestd::sandbox {

// Takes every capability from the calling thread (capabilities(7): bounding, ambient, inheritable,
// permitted and effective) and sets no_new_privs. Threads that it starts later have none either.
// Internal with the errno's text when the kernel refuses.
absl::Status DropPrivileges();

}  // namespace attestd::sandbox

#endif  // ATTESTD_SANDBOX_CAPABILITIES_H_
