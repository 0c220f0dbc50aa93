// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_COMPAT_UPSTREAM_TABLE_H_
#define ATTESTD_COMPAT_UPSTREAM_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/toml_table.h"

namespace attestd::compat {

// A file with the place it was read from.
struct Document {
  std::string path;
  std::string text;
};

// A configuration file of guest-components. The name tells the format, as there: ".json" is JSON,
// anything else is read as TOML. InvalidArgument "path..." for syntax, for JSON beyond the limits
// of base::ParseJson, and for ".yaml", ".yml", ".ini" and ".ron", with what to do.
absl::StatusOr<toml::table> ParseUpstreamFile(const Document& document);

// One table of such a file. guest-components ignores keys that it does not know; `Note` says them.
class UpstreamTable {
 public:
  // `name` is for messages: "[kbc]"; "" for the file's own keys. The table outlives this.
  UpstreamTable(const toml::table& table, std::string source, std::string name);

  // A key that may be absent. InvalidArgument "source:line: [table] key: problem" for another type.
  absl::StatusOr<std::string> Text(std::string_view key);
  absl::StatusOr<std::optional<int64_t>> Integer(std::string_view key);
  absl::StatusOr<std::optional<bool>> Boolean(std::string_view key);
  // An empty table when the key is absent.
  absl::StatusOr<UpstreamTable> Table(std::string_view key);
  // Empty when the key is absent.
  absl::StatusOr<std::vector<UpstreamTable>> Tables(std::string_view key);
  // Whether the key is there; it is then known.
  bool Has(std::string_view key);

  absl::Status Error(std::string_view key, std::string_view problem) const;
  // "source: [table] key: what".
  std::string Note(std::string_view key, std::string_view what) const;
  // A note for each key that was not asked for.
  void NoteUnknown(std::vector<std::string>& notes) const;

 private:
  std::string source_;
  std::string name_;
  base::TomlTable table_;
};

}  // namespace attestd::compat

#endif  // ATTESTD_COMPAT_UPSTREAM_TABLE_H_
