// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_VOLUME_H_
#define ATTESTD_SECURE_MOUNT_VOLUME_H_

#include <string>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "secure_mount/interruption.h"
#include "secure_mount/mount_plan.h"

namespace attestd::secure_mount {

// Formats, opens and mounts a volume as the plan says. Without a key (null) one of 4096 random
// bytes is made, which is nowhere afterwards but in the kernel. What was begun is undone when a
// step fails. FailedPrecondition with a reason of this folder's, DeadlineExceeded or Cancelled.
absl::Status MountVolume(const MountPlan& plan, const base::Secret* key,
                         const std::vector<std::string>& roots, Interruption& interruption);

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_VOLUME_H_
