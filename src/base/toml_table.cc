// SPDX-License-Identifier: Apache-2.0
#include "base/toml_table.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace attestd::base {
namespace {

std::string TypeName(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

absl::Status LineError(const std::string& source, size_t line, std::string_view problem) {
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    source + ":" + std::to_string(line) + ": " + std::string(problem));
}

bool IsCommentLine(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  return first != std::string_view::npos && line[first] == '#';
}

// Whether the parser can be trusted with the line.
bool IsPlainLine(std::string_view line) {
  const bool comment = IsCommentLine(line);
  return std::all_of(line.begin(), line.end(), [comment](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || c == '\r' || (byte >= 0x20 && byte < 0x7f) || (byte >= 0x80 && comment);
  });
}

}  // namespace

absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& source) {
  size_t number = 1;
  for (std::string_view rest = text; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (!IsPlainLine(line)) {
      return LineError(source, number, "a character that is neither ASCII nor in a comment line");
    }
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  toml::parse_result parsed = toml::parse(text, source);
  if (!parsed) {
    return LineError(source, parsed.error().source().begin.line, parsed.error().description());
  }
  return std::move(parsed).table();
}

std::string FormatToml(const toml::table& table) {
  std::ostringstream text;
  text << toml::toml_formatter(table, toml::format_flags::none) << "\n";
  return text.str();
}

std::optional<std::vector<std::string>> AsTexts(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) {
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const toml::node& element : *array) {
    if (!element.is_string()) {
      return std::nullopt;
    }
    texts.push_back(element.as_string()->get());
  }
  return texts;
}

TomlTable::TomlTable(const toml::table& table, std::string source, std::string name)
    : table_(table), source_(std::move(source)), name_(std::move(name)) {}

absl::StatusOr<std::vector<std::string>> TomlTable::Texts(std::string_view key) {
  const toml::node* node = Node(key);
  if (node == nullptr) {
    return std::vector<std::string>();
  }
  std::optional<std::vector<std::string>> texts = AsTexts(*node);
  if (!texts.has_value()) {
    return Error(key, "expected a list of texts");
  }
  return *std::move(texts);
}

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

std::vector<std::string> TomlTable::Unknown() const {
  std::vector<std::string> unknown;
  for (const auto& [key, node] : table_) {
    if (!known_.contains(key.str())) {
      unknown.emplace_back(key.str());
    }
  }
  return unknown;
}

absl::Status TomlTable::Finish() const {
  const std::vector<std::string> unknown = Unknown();
  if (unknown.empty()) {
    return absl::OkStatus();
  }
  std::string problem = "unknown key; known here:";
  for (const std::string& known : known_) {
    problem.append(" ").append(known);
  }
  return Error(unknown.front(), problem);
}

}  // namespace attestd::base
