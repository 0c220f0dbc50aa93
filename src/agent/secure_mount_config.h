// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SECURE_MOUNT_CONFIG_H_
#define ATTESTD_AGENT_SECURE_MOUNT_CONFIG_H_

#include <string>
#include <vector>

#include "base/status.h"

namespace attestd::base {
class TomlTable;
}

namespace attestd::agent {

// [secure_mount]: encrypted volumes, see secure_mount::MountHelper.
struct SecureMountConfig {
  bool enabled = false;
  // Where a helper listens; empty: attestd starts one, `attestd-mount` beside itself.
  std::string socket;
  // Below which mount points may lie; for the helper that attestd starts.
  std::vector<std::string> mount_roots = {"/run/kata-containers", "/mnt"};
  std::string key_folder;  // of keys that a request names as file://; empty: none
};

absl::StatusOr<SecureMountConfig> ReadSecureMount(base::TomlTable table);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SECURE_MOUNT_CONFIG_H_
