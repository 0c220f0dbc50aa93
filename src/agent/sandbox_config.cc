// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox_config.h"

#include <algorithm>

#include "base/toml_table.h"

namespace attestd::agent {

absl::StatusOr<SandboxConfig> ReadSandbox(base::TomlTable table) {
  SandboxConfig sandbox;
  ASSIGN_OR_RETURN(const auto enabled, table.Boolean("enabled"));
  ASSIGN_OR_RETURN(sandbox.read, table.Texts("read"));
  ASSIGN_OR_RETURN(sandbox.write, table.Texts("write"));
  RETURN_IF_ERROR(table.Finish());
  sandbox.enabled = enabled.value_or(true);
  const auto absolute = [](const std::string& path) { return path.starts_with('/'); };
  if (!std::all_of(sandbox.read.begin(), sandbox.read.end(), absolute)) {
    return table.Error("read", "expected absolute paths");
  }
  if (!std::all_of(sandbox.write.begin(), sandbox.write.end(), absolute)) {
    return table.Error("write", "expected absolute paths");
  }
  if (!sandbox.enabled && (!sandbox.read.empty() || !sandbox.write.empty())) {
    return table.Error("enabled", "without a sandbox nothing needs to be let through");
  }
  return sandbox;
}

}  // namespace attestd::agent
