// SPDX-License-Identifier: Apache-2.0
#include "ctl/manifest.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "base/toml_table.h"
#include "ctl/words.h"

namespace attestd::ctl {
namespace {

constexpr size_t kMaxEntries = 256;
constexpr size_t kMaxPath = 4095;

absl::StatusOr<std::string> ReadUri(base::TomlTable& table) {
  ASSIGN_OR_RETURN(std::optional<std::string> uri, table.Text("uri"));
  if (!uri.has_value() || !LooksLikeUri(*uri)) {
    return table.Error("uri", "expected kbs:///repository/type/tag");
  }
  return *std::move(uri);
}

// Absolute, since nobody knows what an init-container's directory is; and without detours, so that
// two entries of one file are seen.
absl::StatusOr<std::string> ReadPath(base::TomlTable& table) {
  ASSIGN_OR_RETURN(const std::optional<std::string> path, table.Text("path"));
  if (!path.has_value() || !path->starts_with('/') || path->size() > kMaxPath ||
      path->find('\0') != std::string::npos) {
    return table.Error("path", "expected the absolute path of a file");
  }
  std::string normal = std::filesystem::path(*path).lexically_normal().string();
  if (normal.ends_with('/')) {
    return table.Error("path", "expected a file, found a directory");
  }
  return normal;
}

absl::StatusOr<mode_t> ReadMode(base::TomlTable& table) {
  constexpr std::string_view kExpected = "expected an octal mode up to 0777 as text: \"0440\"";
  const toml::node* node = table.Node("mode");
  if (node == nullptr) {
    return ManifestEntry().mode;
  }
  const toml::value<std::string>* text = node->as_string();
  const std::optional<mode_t> mode = text == nullptr ? std::nullopt : ParseMode(text->get());
  if (!mode.has_value()) {
    return table.Error("mode", kExpected);
  }
  return *mode;
}

// A user's or group's name, or its number.
absl::StatusOr<std::string> ReadAccount(base::TomlTable& table, std::string_view key) {
  const toml::node* node = table.Node(key);
  if (node == nullptr) {
    return std::string();
  }
  if (const toml::value<int64_t>* number = node->as_integer(); number != nullptr) {
    // The highest number is (uid_t)-1, which means "leave it" to chown(2).
    if (number->get() >= 0 && number->get() < 0xffffffffLL) {
      return std::to_string(number->get());
    }
  } else if (const toml::value<std::string>* text = node->as_string();
             text != nullptr && !text->get().empty() &&
             text->get().find('\0') == std::string::npos) {
    return text->get();
  }
  return table.Error(key, "expected a name or a number");
}

absl::StatusOr<ManifestEntry> ReadEntry(base::TomlTable& table) {
  ManifestEntry entry;
  ASSIGN_OR_RETURN(entry.uri, ReadUri(table));
  ASSIGN_OR_RETURN(entry.path, ReadPath(table));
  ASSIGN_OR_RETURN(entry.mode, ReadMode(table));
  ASSIGN_OR_RETURN(entry.owner, ReadAccount(table, "owner"));
  ASSIGN_OR_RETURN(entry.group, ReadAccount(table, "group"));
  ASSIGN_OR_RETURN(const std::optional<bool> optional, table.Boolean("optional"));
  entry.optional = optional.value_or(false);
  ASSIGN_OR_RETURN(const std::optional<bool> mkdir, table.Boolean("mkdir"));
  entry.mkdir = mkdir.value_or(false);
  RETURN_IF_ERROR(table.Finish());
  return entry;
}

}  // namespace

absl::StatusOr<std::vector<ManifestEntry>> ParseManifest(std::string_view text,
                                                         const std::string& source) {
  ASSIGN_OR_RETURN(const toml::table parsed, base::ParseToml(text, source));
  base::TomlTable top(parsed, source, "");
  const toml::node* node = top.Node("secret");
  RETURN_IF_ERROR(top.Finish());
  const toml::array* list = node == nullptr ? nullptr : node->as_array();
  if (list == nullptr || list->empty() || list->size() > kMaxEntries) {
    return top.Error("secret",
                     "expected 1 to " + std::to_string(kMaxEntries) + " tables [[secret]]");
  }
  std::vector<ManifestEntry> entries;
  std::set<std::string> paths;
  for (const toml::node& element : *list) {
    if (!element.is_table()) {
      return top.Error("secret", "expected tables [[secret]]");
    }
    base::TomlTable table(*element.as_table(), source, "[[secret]]");
    ASSIGN_OR_RETURN(ManifestEntry entry, ReadEntry(table));
    if (!paths.insert(entry.path).second) {
      return table.Error("path", "another entry has this path too");
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace attestd::ctl
