// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_TOML_TABLE_H_
#define ATTESTD_BASE_TOML_TABLE_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
// toml++ 3.3 asserts on malformed table headers, which it then reports as errors all the same.
#define TOML_ASSERT(expr) static_assert(true)
#include <toml++/toml.h>

#include "base/status.h"

namespace attestd::base {

// Parses TOML. InvalidArgument "source:line: problem" for a syntax error, a control character, or a
// character beyond ASCII outside of a comment line: on those toml++ 3.3 relies on what does not
// hold.
absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& source);

// The table as text that ParseToml takes: sorted by key, ASCII, one line for each text.
std::string FormatToml(const toml::table& table);

// The elements of a list that holds texts only; nothing for any other node.
std::optional<std::vector<std::string>> AsTexts(const toml::node& node);

// Reads one TOML table and remembers which keys were asked for, so that Finish can refuse the
// others. Errors are InvalidArgument "source:line: [table] key: problem".
class TomlTable {
 public:
  TomlTable(const toml::table& table, std::string source, std::string name);

  absl::StatusOr<std::optional<std::string>> Text(std::string_view key);
  absl::StatusOr<std::optional<int64_t>> Integer(std::string_view key);
  absl::StatusOr<std::optional<bool>> Boolean(std::string_view key);
  // Empty when the key is absent.
  absl::StatusOr<std::vector<std::string>> Texts(std::string_view key);
  // Node of any type, or null.
  const toml::node* Node(std::string_view key);
  // Error that names the line of a key, or of the table when the key is absent.
  absl::Status Error(std::string_view key, std::string_view problem) const;
  // Keys that were not asked for.
  std::vector<std::string> Unknown() const;
  // Refuses them.
  absl::Status Finish() const;

 private:
  const toml::table& table_;
  const std::string source_;
  const std::string name_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_TOML_TABLE_H_
