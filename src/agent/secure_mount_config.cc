// SPDX-License-Identifier: Apache-2.0
#include "agent/secure_mount_config.h"

#include <absl/strings/match.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/toml_table.h"

namespace attestd::agent {
namespace {

// sizeof(sockaddr_un::sun_path), with the terminating zero.
constexpr size_t kMaxSocketPath = 107;

bool IsFolder(const std::string& path) {
  return path.size() > 1 && path.starts_with('/') && !path.ends_with('/') &&
         !absl::StrContains(path, "//") && !absl::StrContains(path + "/", "/../") &&
         !absl::StrContains(path + "/", "/./");
}

}  // namespace

absl::StatusOr<SecureMountConfig> ReadSecureMount(base::TomlTable table) {
  SecureMountConfig config;
  ASSIGN_OR_RETURN(const auto enabled, table.Boolean("enabled"));
  ASSIGN_OR_RETURN(const auto socket, table.Text("socket"));
  ASSIGN_OR_RETURN(const auto key_folder, table.Text("key_folder"));
  const bool roots_given = table.Node("mount_roots") != nullptr;
  ASSIGN_OR_RETURN(std::vector<std::string> roots, table.Texts("mount_roots"));
  RETURN_IF_ERROR(table.Finish());
  config.enabled = enabled.value_or(false);
  config.socket = socket.value_or("");
  config.key_folder = key_folder.value_or("");
  if (socket.has_value() && (!IsFolder(config.socket) || config.socket.size() > kMaxSocketPath)) {
    return table.Error("socket", "expected an absolute path of at most 107 bytes");
  }
  if (key_folder.has_value() && !IsFolder(config.key_folder)) {
    return table.Error("key_folder", "expected the absolute path of a folder");
  }
  if (roots_given) {
    if (socket.has_value()) {
      return table.Error("mount_roots",
                         "the helper at the socket has its own; name them in its command line");
    }
    if (roots.empty() || !std::all_of(roots.begin(), roots.end(), IsFolder)) {
      return table.Error("mount_roots",
                         "expected absolute paths of folders, without . and .., not \"/\"");
    }
    config.mount_roots = std::move(roots);
  }
  return config;
}

}  // namespace attestd::agent
