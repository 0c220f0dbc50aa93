// SPDX-License-Identifier: Apache-2.0
#include "sandbox/path_rules.h"

#include <filesystem>
#include <system_error>

namespace attestd::sandbox {

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<std::string> NearestExisting(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return path;
  }
  std::string folder = FolderOf(path);
  while (folder != "/" && folder != "." && !std::filesystem::is_directory(folder, error)) {
    folder = FolderOf(folder);
  }
  return folder == "/" ? std::nullopt : std::optional(folder);
}

bool LiesBelow(std::string_view path, std::string_view folder) {
  if (folder == "/") {
    return path.starts_with('/');
  }
  return path.starts_with(folder) &&
         (path.size() == folder.size() || path.at(folder.size()) == '/');
}

std::string Target(const std::string& path) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::weakly_canonical(path, error);
  return error ? path : target.string();
}

}  // namespace attestd::sandbox
