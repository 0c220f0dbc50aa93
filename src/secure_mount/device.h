// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_DEVICE_H_
#define ATTESTD_SECURE_MOUNT_DEVICE_H_

#include <string>
#include <variant>

#include "base/status.h"
#include "secure_mount/mount_plan.h"

namespace attestd::secure_mount {

// The kernel's own node of a block device, /dev/NAME, whatever link led there: so that every step
// works on one device. FailedPrecondition (kMountFailed) when it is no block device, is not there,
// or is in use: mounted, or part of another device.
absl::StatusOr<std::string> FindDevice(const std::variant<std::string, DeviceNumber>& device);

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_DEVICE_H_
