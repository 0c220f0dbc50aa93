// SPDX-License-Identifier: Apache-2.0
#include "base/byte_reader.h"

#include <string>

namespace attestd::base {
namespace {

template <typename T>
T FromBigEndian(ByteView bytes) {
  T value = 0;
  for (const uint8_t byte : bytes) {
    value = static_cast<T>((static_cast<uint64_t>(value) << 8) | byte);
  }
  return value;
}

template <typename T>
T FromLittleEndian(ByteView bytes) {
  T value = 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    value = static_cast<T>((static_cast<uint64_t>(value) << 8) | bytes[i - 1]);
  }
  return value;
}

template <typename T, T (*Decode)(ByteView)>
absl::StatusOr<T> ReadInteger(ByteReader& reader) {
  ASSIGN_OR_RETURN(const ByteView bytes, reader.ReadBytes(sizeof(T)));
  return Decode(bytes);
}

}  // namespace

absl::StatusOr<ByteView> ByteReader::ReadBytes(size_t count) {
  if (count > remaining()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "at offset " + std::to_string(offset_) + ": need " + std::to_string(count) +
                          " bytes, have " + std::to_string(remaining()));
  }
  const ByteView taken = bytes_.subspan(offset_, count);
  offset_ += count;
  return taken;
}

absl::StatusOr<uint8_t> ByteReader::ReadU8() {
  return ReadInteger<uint8_t, FromBigEndian<uint8_t>>(*this);
}
absl::StatusOr<uint16_t> ByteReader::ReadU16Be() {
  return ReadInteger<uint16_t, FromBigEndian<uint16_t>>(*this);
}
absl::StatusOr<uint32_t> ByteReader::ReadU32Be() {
  return ReadInteger<uint32_t, FromBigEndian<uint32_t>>(*this);
}
absl::StatusOr<uint64_t> ByteReader::ReadU64Be() {
  return ReadInteger<uint64_t, FromBigEndian<uint64_t>>(*this);
}
absl::StatusOr<uint16_t> ByteReader::ReadU16Le() {
  return ReadInteger<uint16_t, FromLittleEndian<uint16_t>>(*this);
}
absl::StatusOr<uint32_t> ByteReader::ReadU32Le() {
  return ReadInteger<uint32_t, FromLittleEndian<uint32_t>>(*this);
}
absl::StatusOr<uint64_t> ByteReader::ReadU64Le() {
  return ReadInteger<uint64_t, FromLittleEndian<uint64_t>>(*this);
}

absl::StatusOr<ByteView> ByteReader::ReadSized16Be() {
  const size_t start = offset_;
  ASSIGN_OR_RETURN(const uint16_t size, ReadU16Be());
  absl::StatusOr<ByteView> bytes = ReadBytes(size);
  if (!bytes.ok()) {
    offset_ = start;
  }
  return bytes;
}

absl::Status ByteReader::ExpectEnd() const {
  if (remaining() != 0) {
    return MakeStatus(
        absl::StatusCode::kInvalidArgument,
        std::to_string(remaining()) + " bytes left over at offset " + std::to_string(offset_));
  }
  return absl::OkStatus();
}

}  // namespace attestd::base
