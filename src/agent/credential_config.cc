// SPDX-License-Identifier: Apache-2.0
#include "agent/credential_config.h"

#include <absl/strings/match.h>

#include <climits>
#include <optional>
#include <utility>

#include "base/toml_table.h"
#include "kbs_client/resource_uri.h"

namespace attestd::agent {
namespace {

bool IsFilePath(const std::string& path) {
  return path.starts_with('/') && !path.ends_with('/') && path.size() < PATH_MAX &&
         !absl::StrContains(path, '\0') && !absl::StrContains("/" + path + "/", "/../");
}

}  // namespace

absl::StatusOr<CredentialConfig> ReadCredential(base::TomlTable table) {
  ASSIGN_OR_RETURN(std::optional<std::string> uri, table.Text("uri"));
  ASSIGN_OR_RETURN(std::optional<std::string> path, table.Text("path"));
  RETURN_IF_ERROR(table.Finish());
  const auto parsed = kbs::ResourceUri::Parse(uri.value_or(""));
  if (!parsed.ok()) {
    return table.Error("uri", std::string(parsed.status().message()));
  }
  if (!path.has_value() || !IsFilePath(*path)) {
    return table.Error("path", "expected the absolute path of a file, without \"..\"");
  }
  return CredentialConfig{.uri = *std::move(uri), .path = *std::move(path)};
}

}  // namespace attestd::agent
