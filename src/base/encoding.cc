// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"

#include <array>
#include <cstdint>

namespace attestd::base {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kNoDigit = 0xff;

constexpr std::array<uint8_t, 256> ReverseTable(std::string_view alphabet) {
  std::array<uint8_t, 256> table{};
  table.fill(kNoDigit);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    table.at(static_cast<uint8_t>(alphabet[i])) = static_cast<uint8_t>(i);
  }
  return table;
}

constexpr std::array<uint8_t, 256> kFromStandard = ReverseTable(kStandard);
constexpr std::array<uint8_t, 256> kFromUrlSafe = ReverseTable(kUrlSafe);

absl::Status BadText(std::string_view message) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

std::string Encode64(ByteView bytes, std::string_view alphabet, bool pad) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = static_cast<uint32_t>(bytes[i]) << 16;
    group |= count > 1 ? static_cast<uint32_t>(bytes[i + 1]) << 8 : 0;
    group |= count > 2 ? bytes[i + 2] : 0U;
    for (size_t digit = 0; digit <= count; ++digit) {
      text.push_back(alphabet[(group >> (18 - 6 * digit)) & 0x3f]);
    }
    if (pad) {
      text.append(3 - count, '=');
    }
  }
  return text;
}

// Decodes the digits of one group of 2 to 4; false when a digit or the spare bits are bad.
bool DecodeGroup(std::string_view digits, const std::array<uint8_t, 256>& table, Bytes& out) {
  uint32_t group = 0;
  for (size_t i = 0; i < 4; ++i) {
    const uint8_t value = i < digits.size() ? table.at(static_cast<uint8_t>(digits[i])) : 0;
    if (value == kNoDigit) {
      return false;
    }
    group = (group << 6) | value;
  }
  const size_t count = digits.size() - 1;
  if (count < 3 && (group & ((1U << (24 - 8 * count)) - 1)) != 0) {
    return false;
  }
  for (size_t i = 0; i < count; ++i) {
    out.push_back(static_cast<uint8_t>(group >> (16 - 8 * i)));
  }
  return true;
}

absl::StatusOr<Bytes> Decode64(std::string_view text, const std::array<uint8_t, 256>& table,
                               bool padded) {
  if (padded) {
    if (text.size() % 4 != 0) {
      return BadText("base64: length is not a multiple of 4");
    }
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) {
      text.remove_suffix(1);
    }
  }
  if (text.size() % 4 == 1) {
    return BadText("base64: impossible length");
  }
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  for (size_t i = 0; i < text.size(); i += 4) {
    if (!DecodeGroup(text.substr(i, 4), table, bytes)) {
      return BadText("base64: bad digit near position " + std::to_string(i));
    }
  }
  return bytes;
}

}  // namespace

std::string HexEncode(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    text.push_back(kHexDigits[byte >> 4]);
    text.push_back(kHexDigits[byte & 0x0f]);
  }
  return text;
}

absl::StatusOr<Bytes> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) {
    return BadText("hex: odd number of digits");
  }
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) {
      return BadText("hex: bad digit near position " + std::to_string(i));
    }
    bytes.push_back(static_cast<uint8_t>(high * 16 + low));
  }
  return bytes;
}

std::string Base64Encode(ByteView bytes) { return Encode64(bytes, kStandard, true); }
std::string Base64UrlEncode(ByteView bytes) { return Encode64(bytes, kUrlSafe, false); }
std::string Base64UrlPaddedEncode(ByteView bytes) { return Encode64(bytes, kUrlSafe, true); }

absl::StatusOr<Bytes> Base64Decode(std::string_view text) {
  return Decode64(text, kFromStandard, true);
}
absl::StatusOr<Bytes> Base64UrlDecode(std::string_view text) {
  return Decode64(text, kFromUrlSafe, false);
}
absl::StatusOr<Bytes> Base64UrlPaddedDecode(std::string_view text) {
  return Decode64(text, kFromUrlSafe, true);
}

Bytes LittleEndian(uint64_t value, size_t size) {
  Bytes bytes(size);
  for (uint8_t& byte : bytes) {
    byte = static_cast<uint8_t>(value);
    value >>= 8;
  }
  return bytes;
}

}  // namespace attestd::base
