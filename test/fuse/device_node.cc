// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "test/fuse/guest_devices.h"

namespace attestd::fake_tee {

// FUSE has no device nodes of its own: a regular file that takes ioctls.
mode_t DeviceNode::Mode(Path path) { return path.empty() ? S_IFREG | 0600U : 0; }

OpenResult DeviceNode::Open(Path /*path*/, int /*flags*/) {
  if (const int error = faults_.Enter("open"); error != 0) {
    return {.error = -error, .file = nullptr};
  }
  return OpenDevice();
}

}  // namespace attestd::fake_tee
