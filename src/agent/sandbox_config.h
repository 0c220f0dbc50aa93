// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SANDBOX_CONFIG_H_
#define ATTESTD_AGENT_SANDBOX_CONFIG_H_

#include <string>
#include <vector>

#include "base/status.h"

namespace attestd::base {
class TomlTable;
}

namespace attestd::agent {

// [sandbox]: what the process takes from itself once its sockets are open.
struct SandboxConfig {
  bool enabled = true;
  // Absolute paths that may be read, or written, beside those that the configuration names.
  std::vector<std::string> read;
  std::vector<std::string> write;
};

absl::StatusOr<SandboxConfig> ReadSandbox(base::TomlTable table);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SANDBOX_CONFIG_H_
