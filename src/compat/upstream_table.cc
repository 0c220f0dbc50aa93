// SPDX-License-Identifier: Apache-2.0
#include "compat/upstream_table.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace attestd::compat {
namespace {

void Append(toml::array& array, const base::Json& value);

toml::table ToTable(const base::Json& object);

// Calls `put` with what the value is in TOML, which has no null. Depth is bounded by ParseJson.
template <typename Put>
void Convert(const base::Json& value, Put put) {
  if (value.is_object()) {
    put(ToTable(value));
  } else if (value.is_array()) {
    toml::array array;
    for (const base::Json& element : value) {
      Append(array, element);
    }
    put(std::move(array));
  } else if (value.is_boolean()) {
    put(value.get<bool>());
  } else if (value.is_number_integer()) {
    put(value.get<int64_t>());
  } else if (value.is_number()) {
    put(value.get<double>());
  } else if (value.is_string()) {
    put(value.get<std::string>());
  }
}

void Append(toml::array& array, const base::Json& value) {
  Convert(value, [&](auto&& part) { array.push_back(std::forward<decltype(part)>(part)); });
}

toml::table ToTable(const base::Json& object) {
  toml::table table;
  for (const auto& [key, value] : object.items()) {
    Convert(value, [&table, &name = key](auto&& part) {
      table.insert_or_assign(name, std::forward<decltype(part)>(part));
    });
  }
  return table;
}

const toml::table& EmptyTable() {
  static const toml::table kEmpty;
  return kEmpty;
}

}  // namespace

absl::StatusOr<toml::table> ParseUpstreamFile(const Document& document) {
  constexpr std::array<std::string_view, 4> kForeign = {".yaml", ".yml", ".ini", ".ron"};
  for (const std::string_view suffix : kForeign) {
    if (document.path.ends_with(suffix)) {
      return base::MakeStatus(
          absl::StatusCode::kInvalidArgument,
          document.path + ": expected TOML or JSON, found a name that ends in " +
              std::string(suffix) + "; convert the file and name it .toml or .json");
    }
  }
  if (!document.path.ends_with(".json")) {
    return base::ParseToml(document.text, document.path);
  }
  const absl::StatusOr<base::Json> json = base::ParseJson(document.text);
  if (!json.ok()) {
    return base::Annotate(json.status(), document.path);
  }
  if (!json->is_object()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            document.path + ": expected a JSON object");
  }
  return ToTable(*json);
}

UpstreamTable::UpstreamTable(const toml::table& table, std::string source, std::string name)
    : source_(std::move(source)), name_(std::move(name)), table_(table, source_, name_) {}

absl::StatusOr<std::string> UpstreamTable::Text(std::string_view key) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, table_.Text(key));
  return std::move(text).value_or("");
}

absl::StatusOr<std::optional<int64_t>> UpstreamTable::Integer(std::string_view key) {
  return table_.Integer(key);
}

absl::StatusOr<std::optional<bool>> UpstreamTable::Boolean(std::string_view key) {
  return table_.Boolean(key);
}

absl::StatusOr<UpstreamTable> UpstreamTable::Table(std::string_view key) {
  const toml::node* node = table_.Node(key);
  if (node != nullptr && !node->is_table()) {
    return Error(key, "expected a table");
  }
  std::string name = name_.empty() ? "[" : name_.substr(0, name_.size() - 1) + ".";
  name.append(key).append("]");
  return UpstreamTable(node == nullptr ? EmptyTable() : *node->as_table(), source_, name);
}

absl::StatusOr<std::vector<UpstreamTable>> UpstreamTable::Tables(std::string_view key) {
  const toml::node* node = table_.Node(key);
  std::vector<UpstreamTable> tables;
  if (node == nullptr || (node->is_array() && node->as_array()->empty())) {
    return tables;
  }
  if (!node->is_array_of_tables()) {
    return Error(key, "expected an array of tables");
  }
  for (const toml::node& element : *node->as_array()) {
    tables.emplace_back(*element.as_table(), source_, "[[" + std::string(key) + "]]");
  }
  return tables;
}

bool UpstreamTable::Has(std::string_view key) { return table_.Node(key) != nullptr; }

absl::Status UpstreamTable::Error(std::string_view key, std::string_view problem) const {
  return table_.Error(key, problem);
}

std::string UpstreamTable::Note(std::string_view key, std::string_view what) const {
  return source_ + ": " + name_ + (name_.empty() ? "" : " ") + base::Escaped(key) + ": " +
         std::string(what);
}

void UpstreamTable::NoteUnknown(std::vector<std::string>& notes) const {
  for (const std::string& key : table_.Unknown()) {
    notes.push_back(Note(key, "is not known here and has no effect"));
  }
}

}  // namespace attestd::compat
