// SPDX-License-Identifier: Apache-2.0
#include "base/secret_encoding.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace attestd::base {
namespace {

constexpr uint32_t kBad = 0x80;  // above every digit's value

// All ones when low <= value <= high, else 0; for values below 2^31.
uint32_t MaskIfBetween(uint32_t value, uint32_t low, uint32_t high) {
  const uint32_t outside = (value - low) | (high - value);  // the top bit, when either is negative
  return (outside >> 31) - 1;
}

// The value of a digit, or kBad.
uint32_t DigitValue(char digit) {
  const auto c = static_cast<uint8_t>(digit);
  const uint32_t upper = MaskIfBetween(c, 'A', 'Z');
  const uint32_t lower = MaskIfBetween(c, 'a', 'z');
  const uint32_t number = MaskIfBetween(c, '0', '9');
  const uint32_t plus = MaskIfBetween(c, '+', '+');
  const uint32_t slash = MaskIfBetween(c, '/', '/');
  const uint32_t bad = ~(upper | lower | number | plus | slash);
  return (upper & (c - 'A')) | (lower & (c - 'a' + 26U)) | (number & (c - '0' + 52U)) |
         (plus & 62U) | (slash & 63U) | (bad & kBad);
}

// One group of four digits, whose last ones may be missing, to `out` of 1 to 3 bytes. What is wrong
// with it: a bad digit, or spare bits that are not zero; 0 for nothing.
uint32_t DecodeGroup(std::string_view digits, std::span<uint8_t> out) {
  uint32_t group = 0;
  uint32_t wrong = 0;
  for (size_t i = 0; i < 4; ++i) {
    const uint32_t value = i < digits.size() ? DigitValue(digits[i]) : 0;
    wrong |= value & kBad;
    group = (group << 6) | (value & 0x3f);
  }
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(group >> (16 - 8 * i));
  }
  return wrong | (group & ((1U << (24 - 8 * out.size())) - 1));
}

// The digit of a value below 64.
uint8_t Digit(uint32_t value) {
  const uint32_t upper = MaskIfBetween(value, 0, 25);
  const uint32_t lower = MaskIfBetween(value, 26, 51);
  const uint32_t number = MaskIfBetween(value, 52, 61);
  const uint32_t plus = MaskIfBetween(value, 62, 62);
  const uint32_t slash = MaskIfBetween(value, 63, 63);
  return static_cast<uint8_t>((upper & (value + 'A')) | (lower & (value + 'a' - 26U)) |
                              (number & (value + '0' - 52U)) | (plus & uint32_t{'+'}) |
                              (slash & uint32_t{'/'}));
}

absl::Status NotBase64() {
  return MakeStatus(absl::StatusCode::kInvalidArgument, "not padded Base64");
}

}  // namespace

absl::StatusOr<Secret> Base64DecodeSecret(std::string_view text) {
  if (text.size() % 4 != 0) {
    return NotBase64();
  }
  std::string_view digits = text;
  for (int i = 0; i < 2 && digits.ends_with('='); ++i) {
    digits.remove_suffix(1);
  }
  ASSIGN_OR_RETURN(Secret secret,
                   Secret::Allocate(text.size() / 4 * 3 - (text.size() - digits.size())));
  uint32_t wrong = 0;
  for (size_t i = 0; i * 4 < digits.size(); ++i) {
    const std::span<uint8_t> rest = secret.writable().subspan(i * 3);
    wrong |= DecodeGroup(digits.substr(i * 4, 4), rest.first(std::min<size_t>(3, rest.size())));
  }
  if (wrong != 0) {
    return NotBase64();
  }
  return secret;
}

void Base64EncodeSecret(ByteView bytes, std::span<uint8_t> out) {
  for (size_t i = 0; i * 3 < bytes.size(); ++i) {
    const ByteView group = bytes.subspan(i * 3, std::min<size_t>(3, bytes.size() - i * 3));
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = (bits << 8) | (k < group.size() ? group[k] : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      out[i * 4 + k] = k <= group.size() ? Digit((bits >> (18 - 6 * k)) & 63U) : uint8_t{'='};
    }
  }
}

}  // namespace attestd::base
