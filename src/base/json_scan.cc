// SPDX-License-Identifier: Apache-2.0
#include "base/json_scan.h"

#include <absl/strings/match.h>

#include <algorithm>
#include <cstddef>
#include <string>

namespace attestd::base {
namespace {

constexpr int kMaxDepth = 32;
constexpr size_t kMaxParts = 64;

absl::Status Refused(std::string_view what) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, "JSON: " + std::string(what));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}

  // The character, behind any white space.
  bool Take(char wanted) {
    SkipSpace();
    return TakeHere(wanted);
  }

  bool AtEnd() {
    SkipSpace();
    return left_.empty();
  }

  // A value, with its JSON text.
  bool TakeValue(std::string_view* value) {
    SkipSpace();
    const std::string_view from = left_;
    const bool good = SkipValue(1);
    *value = from.substr(0, from.size() - left_.size());
    return good;
  }

 private:
  void SkipSpace() {
    left_.remove_prefix(std::min(left_.size(), left_.find_first_not_of(" \t\r\n")));
  }
  bool TakeHere(char wanted) {
    if (!left_.starts_with(wanted)) {
      return false;
    }
    left_.remove_prefix(1);
    return true;
  }
  bool SkipWord(std::string_view word) {
    if (!left_.starts_with(word)) {
      return false;
    }
    left_.remove_prefix(word.size());
    return true;
  }
  bool SkipDigits() {
    const auto end = std::find_if_not(left_.begin(), left_.end(), IsDigit);
    const auto count = static_cast<size_t>(end - left_.begin());
    left_.remove_prefix(count);
    return count > 0;
  }
  bool SkipNumber() {
    TakeHere('-');
    if (!TakeHere('0') && !SkipDigits()) {
      return false;
    }
    if (TakeHere('.') && !SkipDigits()) {
      return false;
    }
    if (TakeHere('e') || TakeHere('E')) {
      if (!TakeHere('+')) {
        TakeHere('-');
      }
      return SkipDigits();
    }
    return true;
  }
  bool SkipEscape() {
    if (TakeHere('u')) {
      const std::string_view digits = left_.substr(0, 4);
      left_.remove_prefix(digits.size());
      return digits.size() == 4 && std::all_of(digits.begin(), digits.end(), IsHexDigit);
    }
    constexpr absl::string_view kEscapes = "\"\\/bfnrt";
    const bool known = !left_.empty() && absl::StrContains(kEscapes, left_.front());
    left_.remove_prefix(known ? 1 : 0);
    return known;
  }
  bool SkipText() {
    if (!TakeHere('"')) {
      return false;
    }
    while (!left_.empty() && static_cast<unsigned char>(left_.front()) >= ' ') {
      const char c = left_.front();
      left_.remove_prefix(1);
      if (c == '"') {
        return true;
      }
      if (c == '\\' && !SkipEscape()) {
        return false;
      }
    }
    return false;
  }
  // `end` closes what was opened before.
  bool SkipParts(char end, int depth) {
    if (depth > kMaxDepth) {
      return false;
    }
    if (Take(end)) {
      return true;
    }
    do {
      SkipSpace();
      if (end == '}' && (!SkipText() || !Take(':'))) {
        return false;
      }
      if (!SkipValue(depth + 1)) {
        return false;
      }
    } while (Take(','));
    return TakeHere(end);
  }
  // Calls itself at most kMaxDepth times. NOLINTNEXTLINE(misc-no-recursion)
  bool SkipValue(int depth) {
    SkipSpace();
    switch (left_.empty() ? '\0' : left_.front()) {
      case '{':
        return TakeHere('{') && SkipParts('}', depth);
      case '[':
        return TakeHere('[') && SkipParts(']', depth);
      case '"':
        return SkipText();
      case 't':
        return SkipWord("true");
      case 'f':
        return SkipWord("false");
      case 'n':
        return SkipWord("null");
      default:
        return SkipNumber();
    }
  }

  std::string_view left_;
};

}  // namespace

absl::StatusOr<ScannedMembers> ScanObject(std::string_view json) {
  Scanner scanner(json);
  ScannedMembers members;
  if (!scanner.Take('{')) {
    return Refused("expected an object");
  }
  bool more = !scanner.Take('}');
  while (more) {
    std::string_view quoted;
    std::string_view value;
    if (!scanner.TakeValue(&quoted) || !scanner.Take(':') || !scanner.TakeValue(&value)) {
      return Refused("an object's member is malformed or nested too deeply");
    }
    ASSIGN_OR_RETURN(const std::string_view name, ScanText(quoted));
    if (members.size() == kMaxParts || FindScanned(members, name).ok()) {
      return Refused("an object has too many members, or one twice");
    }
    members.emplace_back(name, value);
    more = scanner.Take(',');
    if (!more && !scanner.Take('}')) {
      return Refused("an object has no end");
    }
  }
  if (!scanner.AtEnd()) {
    return Refused("something lies behind the object");
  }
  return members;
}

absl::StatusOr<std::vector<std::string_view>> ScanArray(std::string_view json) {
  Scanner scanner(json);
  std::vector<std::string_view> elements;
  if (!scanner.Take('[')) {
    return Refused("expected an array");
  }
  bool more = !scanner.Take(']');
  while (more) {
    std::string_view value;
    if (!scanner.TakeValue(&value) || elements.size() == kMaxParts) {
      return Refused("an array's element is malformed, nested too deeply or one too many");
    }
    elements.push_back(value);
    more = scanner.Take(',');
    if (!more && !scanner.Take(']')) {
      return Refused("an array has no end");
    }
  }
  if (!scanner.AtEnd()) {
    return Refused("something lies behind the array");
  }
  return elements;
}

absl::StatusOr<std::string_view> ScanText(std::string_view json) {
  const bool quoted = json.size() >= 2 && json.starts_with('"') && json.ends_with('"');
  const std::string_view text = quoted ? json.substr(1, json.size() - 2) : json;
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](unsigned char c) { return c >= ' ' && c != '"' && c != '\\'; });
  if (!quoted || !plain) {
    return Refused("expected a text without escapes");
  }
  return text;
}

absl::StatusOr<std::string_view> FindScanned(const ScannedMembers& members, std::string_view name) {
  for (const auto& [found, value] : members) {
    if (found == name) {
      return value;
    }
  }
  return Refused("missing \"" + std::string(name) + "\"");
}

}  // namespace attestd::base
