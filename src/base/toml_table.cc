// SPDX-License-Identifier: Apache-2.0
#include "base/toml_table.h"

#include <sstream>
#include <utility>

namespace attestd::base {
namespace {

std::string TypeName(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

}  // namespace

TomlTable::TomlTable(const toml::table& table, std::string source, std::string name)
    : table_(table), source_(std::move(source)), name_(std::move(name)) {}

const toml::node* TomlTable::Node(std::string_view key) {
  known_.emplace(key);
  return table_.get(key);
}

absl::StatusOr<std::optional<std::string>> TomlTable::Text(std::string_view key) {
  const toml::node* node = Node(key);
  if (node == nullptr) {
    return std::optional<std::string>();
  }
  if (!node->is_string()) {
    return Error(key, "expected a string, found " + TypeName(*node));
  }
  return std::optional<std::string>(node->as_string()->get());
}

absl::StatusOr<std::optional<int64_t>> TomlTable::Integer(std::string_view key) {
  const toml::node* node = Node(key);
  if (node == nullptr) {
    return std::optional<int64_t>();
  }
  if (!node->is_integer()) {
    return Error(key, "expected an integer, found " + TypeName(*node));
  }
  return std::optional<int64_t>(node->as_integer()->get());
}

absl::StatusOr<std::optional<bool>> TomlTable::Boolean(std::string_view key) {
  const toml::node* node = Node(key);
  if (node == nullptr) {
    return std::optional<bool>();
  }
  if (!node->is_boolean()) {
    return Error(key, "expected true or false, found " + TypeName(*node));
  }
  return std::optional<bool>(node->as_boolean()->get());
}

absl::Status TomlTable::Error(std::string_view key, std::string_view problem) const {
  const toml::node* node = table_.get(key);
  const auto line = (node != nullptr ? node->source() : table_.source()).begin.line;
  std::string text = source_ + ":" + std::to_string(line) + ": ";
  text.append(name_).append(name_.empty() || key.empty() ? "" : " ").append(key);
  text.append(": ").append(problem);
  return MakeStatus(absl::StatusCode::kInvalidArgument, text);
}

absl::Status TomlTable::Finish() const {
  for (const auto& [key, node] : table_) {
    if (!known_.contains(key.str())) {
      std::string problem = "unknown key; known here:";
      for (const std::string& known : known_) {
        problem.append(" ").append(known);
      }
      return Error(key.str(), problem);
    }
  }
  return absl::OkStatus();
}

}  // namespace attestd::base
