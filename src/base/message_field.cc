// SPDX-License-Identifier: Apache-2.0
#include "base/message_field.h"

#include <algorithm>
#include <optional>

namespace attestd::base {
namespace {

enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

// Takes a number off the front; nothing when there is none. At most ten bytes, of which the tenth
// has one bit.
std::optional<uint64_t> TakeVarint(ByteView& bytes) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    if (shift == 63 && byte > 1) {
      return std::nullopt;
    }
    value |= static_cast<uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) {
      return value;
    }
  }
  return std::nullopt;
}

// How many bytes the field's value takes; nothing when there are not so many.
std::optional<size_t> ValueSize(unsigned type, ByteView& bytes) {
  std::optional<uint64_t> size;
  if (type == kVarint) {
    size = TakeVarint(bytes).has_value() ? std::optional<uint64_t>(0) : std::nullopt;
  } else if (type == kLengthDelimited) {
    size = TakeVarint(bytes);
  } else if (type == kFixed64 || type == kFixed32) {
    size = type == kFixed64 ? 8 : 4;
  }
  return size.has_value() && *size <= bytes.size() ? std::optional<size_t>(*size) : std::nullopt;
}

}  // namespace

void AppendFieldHead(unsigned number, size_t size, std::string& bytes) {
  bytes.push_back(static_cast<char>(number << 3U | kLengthDelimited));
  for (; size >= 0x80; size >>= 7) {
    bytes.push_back(static_cast<char>(size | 0x80));
  }
  bytes.push_back(static_cast<char>(size));
}

absl::StatusOr<ByteView> FieldOne(ByteView message) {
  constexpr uint64_t kMaxTag = (uint64_t{1} << 32) - 1;
  ByteView field;
  while (!message.empty()) {
    const std::optional<uint64_t> tag = TakeVarint(message);
    const bool tagged = tag.has_value() && *tag <= kMaxTag && *tag >> 3U != 0;
    const auto type = static_cast<unsigned>(tag.value_or(0) & 7U);
    const std::optional<size_t> size = tagged ? ValueSize(type, message) : std::nullopt;
    if (!size.has_value()) {
      return MakeStatus(absl::StatusCode::kInvalidArgument, "the request is no protobuf message");
    }
    if (*tag == (1U << 3U | kLengthDelimited)) {
      field = message.first(*size);
    }
    message = message.subspan(*size);
  }
  return field;
}

}  // namespace attestd::base
