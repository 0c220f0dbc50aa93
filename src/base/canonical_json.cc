// SPDX-License-Identifier: Apache-2.0
// RFC 8785, JSON Canonicalization Scheme.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace attestd::base {
namespace {

// Largest integer n for which n and n+1 are both doubles (RFC 7493, section 2.2).
constexpr int64_t kMaxSafeInteger = (int64_t{1} << 53) - 1;

absl::Status Refuse(std::string_view message) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

// Length of a UTF-8 sequence, by its first byte.
size_t SequenceLength(uint8_t lead) {
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xe0) {
    return 2;
  }
  return lead < 0xf0 ? 3 : 4;
}

// The code point of one valid UTF-8 sequence.
uint32_t CodePoint(std::string_view sequence) {
  uint32_t point = static_cast<uint8_t>(sequence.front());
  if (sequence.size() > 1) {
    point &= 0xffU >> (sequence.size() + 1);
  }
  for (const char c : sequence.substr(1)) {
    point = (point << 6) | (static_cast<uint8_t>(c) & 0x3fU);
  }
  return point;
}

// UTF-16 code units of valid UTF-8; section 3.2.3 sorts keys by them.
std::u16string ToUtf16(std::string_view text) {
  std::u16string units;
  while (!text.empty()) {
    const std::string_view sequence = text.substr(0, SequenceLength(static_cast<uint8_t>(text[0])));
    text.remove_prefix(sequence.size());
    const uint32_t point = CodePoint(sequence);
    if (point >= 0x10000) {
      units.push_back(static_cast<char16_t>(0xd800 + ((point - 0x10000) >> 10)));
      units.push_back(static_cast<char16_t>(0xdc00 + ((point - 0x10000) & 0x3ff)));
    } else {
      units.push_back(static_cast<char16_t>(point));
    }
  }
  return units;
}

// ECMAScript Number::toString (section 3.2.2.3): shortest digits that read back the same.
absl::StatusOr<std::string> NumberText(double number) {
  if (!std::isfinite(number)) {
    return Refuse("canonical JSON: number is not finite");
  }
  if (number == 0) {
    return std::string("0");
  }
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(number),
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
  const size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  std::erase(digits, '.');
  int exponent = 0;
  const char* exponent_start = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(exponent_start, end.ptr, exponent);
  const int point = exponent + 1;  // digits before the decimal point
  const int count = static_cast<int>(digits.size());
  std::string out = number < 0 ? "-" : "";
  if (point >= count && point <= 21) {
    return out + digits + std::string(static_cast<size_t>(point - count), '0');
  }
  if (point > 0 && point <= 21) {
    const auto split = static_cast<size_t>(point);
    return out + digits.substr(0, split) + "." + digits.substr(split);
  }
  if (point > -6 && point <= 0) {
    return out + "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  }
  out += digits.substr(0, 1);
  if (count > 1) {
    out += "." + digits.substr(1);
  }
  return out + "e" + (exponent < 0 ? "-" : "+") + std::to_string(std::abs(exponent));
}

class Writer {
 public:
  absl::Status Write(const Json& value) {
    if (value.is_object()) {
      return WriteObject(value);
    }
    if (value.is_array()) {
      return WriteArray(value);
    }
    if (value.is_number()) {
      return WriteNumber(value);
    }
    // Strings, true, false, null: the library escapes exactly as section 3.2.2.2 asks.
    ASSIGN_OR_RETURN(const std::string text, DumpJson(value));
    out_ += text;
    return absl::OkStatus();
  }

  std::string Take() { return std::move(out_); }

 private:
  absl::Status WriteNumber(const Json& value) {
    if (value.is_number_float()) {
      ASSIGN_OR_RETURN(const std::string text, NumberText(value.get<double>()));
      out_ += text;
      return absl::OkStatus();
    }
    const bool too_large = value.is_number_unsigned()
                               ? value.get<uint64_t>() > uint64_t{kMaxSafeInteger}
                               : std::abs(value.get<int64_t>()) > kMaxSafeInteger;
    if (too_large) {
      return Refuse("canonical JSON: integer beyond 2^53");
    }
    out_ += value.dump();
    return absl::OkStatus();
  }

  absl::Status WriteArray(const Json& value) {
    out_ += '[';
    std::string_view separator;
    for (const Json& element : value) {
      out_ += separator;
      separator = ",";
      RETURN_IF_ERROR(Write(element));
    }
    out_ += ']';
    return absl::OkStatus();
  }

  absl::Status WriteObject(const Json& value) {
    std::vector<std::pair<std::u16string, const std::string*>> keys;
    keys.reserve(value.size());
    const auto& members = value.get_ref<const Json::object_t&>();
    for (const auto& [key, member] : members) {
      keys.emplace_back(ToUtf16(key), &key);
    }
    std::sort(keys.begin(), keys.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    out_ += '{';
    std::string_view separator;
    for (const auto& [units, key] : keys) {
      out_ += separator;
      separator = ",";
      RETURN_IF_ERROR(Write(Json(*key)));
      out_ += ':';
      RETURN_IF_ERROR(Write(members.at(*key)));
    }
    out_ += '}';
    return absl::OkStatus();
  }

  std::string out_;
};

}  // namespace

absl::StatusOr<std::string> CanonicalJson(const Json& value) {
  Writer writer;
  RETURN_IF_ERROR(writer.Write(value));
  return writer.Take();
}

}  // namespace attestd::base
