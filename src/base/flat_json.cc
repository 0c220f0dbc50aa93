// SPDX-License-Identifier: Apache-2.0
#include "base/flat_json.h"

#include <algorithm>
#include <cstddef>

namespace attestd::base {
namespace {

constexpr size_t kMaxMembers = 8;

class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  // The character, behind any white space (RFC 8259, 2).
  bool Take(char wanted) {
    left_.remove_prefix(std::min(left_.size(), left_.find_first_not_of(" \t\r\n")));
    if (!left_.starts_with(wanted)) {
      return false;
    }
    left_.remove_prefix(1);
    return true;
  }

  std::optional<std::string_view> TakeText() {
    if (!Take('"')) {
      return std::nullopt;
    }
    const std::string_view text = left_.substr(0, left_.find('"'));
    const bool plain = std::all_of(text.begin(), text.end(),
                                   [](char c) { return c >= ' ' && c < '\x7f' && c != '\\'; });
    if (!plain || text.size() == left_.size()) {
      return std::nullopt;
    }
    left_.remove_prefix(text.size() + 1);
    return text;
  }

  bool AtEnd() { return left_.find_first_not_of(" \t\r\n") == std::string_view::npos; }

 private:
  std::string_view left_;
};

}  // namespace

std::optional<FlatMembers> ReadFlatObject(std::string_view text) {
  Reader reader(text);
  FlatMembers members;
  if (!reader.Take('{')) {
    return std::nullopt;
  }
  do {
    const auto name = reader.TakeText();
    const bool colon = name.has_value() && reader.Take(':');
    const auto value = colon ? reader.TakeText() : std::nullopt;
    const bool twice = name.has_value() &&
                       std::any_of(members.begin(), members.end(),
                                   [&name](const auto& member) { return member.first == *name; });
    if (!value.has_value() || twice || members.size() == kMaxMembers) {
      return std::nullopt;
    }
    members.emplace_back(*name, *value);
  } while (reader.Take(','));
  if (!reader.Take('}') || !reader.AtEnd()) {
    return std::nullopt;
  }
  return members;
}

}  // namespace attestd::base
