// SPDX-License-Identifier: Apache-2.0
#include "rest/target.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/encoding.h"

namespace attestd::rest {
namespace {

// RFC 3986, 2.3.
bool IsUnreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool IsTargetByte(char c) { return c > ' ' && c <= '~' && c != '#'; }

// The byte that an escape at the front stands for; takes the escape away.
std::optional<char> TakeEscape(std::string_view& text) {
  const auto bytes = base::HexDecode(text.substr(std::min<size_t>(text.size(), 1), 2));
  if (!bytes.ok() || bytes->size() != 1) {
    return std::nullopt;
  }
  text.remove_prefix(3);
  return static_cast<char>(bytes->front());
}

std::optional<std::string> DecodeForm(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    if (text.front() != '%') {
      decoded.push_back(text.front() == '+' ? ' ' : text.front());
      text.remove_prefix(1);
      continue;
    }
    const std::optional<char> byte = TakeEscape(text);
    if (!byte.has_value()) {
      return std::nullopt;
    }
    decoded.push_back(*byte);
  }
  return decoded;
}

}  // namespace

std::optional<Target> ParseTarget(std::string_view text) {
  if (!text.starts_with('/') || !std::all_of(text.begin(), text.end(), IsTargetByte)) {
    return std::nullopt;
  }
  const size_t mark = text.find('?');
  if (mark == std::string_view::npos) {
    return Target{.path = text, .query = {}, .has_query = false};
  }
  return Target{.path = text.substr(0, mark), .query = text.substr(mark + 1), .has_query = true};
}

std::optional<std::string> DecodePath(std::string_view path) {
  std::string decoded;
  while (!path.empty()) {
    if (path.front() != '%') {
      decoded.push_back(path.front());
      path.remove_prefix(1);
      continue;
    }
    const std::optional<char> byte = TakeEscape(path);
    if (!byte.has_value() || !IsUnreserved(*byte)) {
      return std::nullopt;
    }
    decoded.push_back(*byte);
  }
  return decoded;
}

std::optional<Parameters> ParseParameters(const Target& target,
                                          std::span<const std::string_view> known) {
  Parameters parameters;
  std::string_view rest = target.query;
  bool more = !rest.empty();
  while (more) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    more = pair.size() < rest.size();
    rest.remove_prefix(pair.size() + (more ? 1 : 0));
    const size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    if (equals == std::string_view::npos ||
        std::find(known.begin(), known.end(), name) == known.end()) {
      return std::nullopt;
    }
    std::optional<std::string> value = DecodeForm(pair.substr(equals + 1));
    if (!value.has_value() || !parameters.emplace(name, *std::move(value)).second) {
      return std::nullopt;
    }
  }
  return parameters;
}

}  // namespace attestd::rest
