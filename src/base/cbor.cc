// SPDX-License-Identifier: Apache-2.0
#include "base/cbor.h"

#include <cbor.h>

#include <array>
#include <utility>

namespace attestd::base {
namespace {

// The largest head: one byte and a 64-bit argument (RFC 8949, 3).
using Head = std::array<uint8_t, 9>;

size_t EncodeHead(const Cbor& value, Head& head) {
  const auto magnitude = static_cast<uint64_t>(value.number);
  switch (value.kind) {
    case Cbor::Kind::kInteger:
      return value.number >= 0 ? cbor_encode_uint(magnitude, head.data(), head.size())
                               : cbor_encode_negint(~magnitude, head.data(), head.size());
    case Cbor::Kind::kBytes:
      return cbor_encode_bytestring_start(value.bytes.size(), head.data(), head.size());
    case Cbor::Kind::kText:
      return cbor_encode_string_start(value.text.size(), head.data(), head.size());
    case Cbor::Kind::kArray:
      return cbor_encode_array_start(value.items.size(), head.data(), head.size());
    case Cbor::Kind::kMap:
      return cbor_encode_map_start(value.items.size() / 2, head.data(), head.size());
    case Cbor::Kind::kTag:
      return cbor_encode_tag(magnitude, head.data(), head.size());
    case Cbor::Kind::kSimple:
      return cbor_encode_ctrl(static_cast<uint8_t>(value.number), head.data(), head.size());
  }
  return 0;
}

// Recursion as deep as the value, which is bounded where it was parsed.
void Append(const Cbor& value, Bytes& out) {
  Head head{};
  const auto size = static_cast<std::ptrdiff_t>(EncodeHead(value, head));
  out.insert(out.end(), head.begin(), head.begin() + size);
  out.insert(out.end(), value.bytes.begin(), value.bytes.end());
  const ByteView text = AsBytes(value.text);
  out.insert(out.end(), text.begin(), text.end());
  for (const Cbor& item : value.items) {
    Append(item, out);
  }
}

}  // namespace

Cbor Cbor::Integer(int64_t value) { return {.kind = Kind::kInteger, .number = value}; }

Cbor Cbor::ByteString(ByteView value) {
  return {.kind = Kind::kBytes, .number = 0, .bytes = ToBytes(value)};
}

Cbor Cbor::Text(std::string value) {
  return {.kind = Kind::kText, .number = 0, .bytes = {}, .text = std::move(value)};
}

Cbor Cbor::Array(std::vector<Cbor> elements) {
  return {.kind = Kind::kArray, .number = 0, .bytes = {}, .text = {}, .items = std::move(elements)};
}

Cbor Cbor::Map(std::vector<Cbor> keys_and_values) {
  return {.kind = Kind::kMap,
          .number = 0,
          .bytes = {},
          .text = {},
          .items = std::move(keys_and_values)};
}

Cbor Cbor::Tag(int64_t tag, Cbor content) {
  Cbor value{.kind = Kind::kTag, .number = tag};
  value.items.push_back(std::move(content));
  return value;
}

const Cbor* Cbor::Find(int64_t key) const {
  if (kind != Kind::kMap) {
    return nullptr;
  }
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].kind == Kind::kInteger && items[i].number == key) {
      return &items[i + 1];
    }
  }
  return nullptr;
}

Bytes EncodeCbor(const Cbor& value) {
  Bytes out;
  Append(value, out);
  return out;
}

}  // namespace attestd::base
