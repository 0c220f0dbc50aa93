// SPDX-License-Identifier: Apache-2.0
#include "ttrpc/frame.h"

#include <algorithm>
#include <utility>

namespace attestd::ttrpc {
namespace {

void AppendBigEndian(uint32_t value, std::string& bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
}

uint32_t ReadBigEndian(base::ByteView bytes) {
  uint32_t value = 0;
  for (const uint8_t byte : bytes) {
    value = value << 8 | byte;
  }
  return value;
}

Header DecodeHeader(base::ByteView bytes) {
  return {.length = ReadBigEndian(bytes.subspan(0, 4)),
          .stream = ReadBigEndian(bytes.subspan(4, 4)),
          .type = bytes[8],
          .flags = bytes[9]};
}

// The first bytes of `from`, at most `wanted`, which are taken away from it.
base::ByteView Take(base::ByteView& from, size_t wanted) {
  const base::ByteView taken = from.first(std::min(wanted, from.size()));
  from = from.subspan(taken.size());
  return taken;
}

}  // namespace

std::string EncodeHeader(const Header& header) {
  std::string bytes;
  bytes.reserve(kHeaderBytes);
  AppendBigEndian(header.length, bytes);
  AppendBigEndian(header.stream, bytes);
  bytes.push_back(static_cast<char>(header.type));
  bytes.push_back(static_cast<char>(header.flags));
  return bytes;
}

std::optional<Frame> FrameReader::Next(base::ByteView& bytes) {
  skip_ -= Take(bytes, skip_).size();
  if (skip_ > 0) {
    return std::nullopt;
  }
  header_ += base::AsText(Take(bytes, kHeaderBytes - header_.size()));
  if (header_.size() < kHeaderBytes) {
    return std::nullopt;
  }
  const Header header = DecodeHeader(base::AsBytes(header_));
  if (header.length > max_data_) {
    skip_ = header.length;
    header_.clear();
    return Frame{.header = header, .data = {}, .too_long = true};
  }
  const base::ByteView more = Take(bytes, header.length - data_.size());
  data_.insert(data_.end(), more.begin(), more.end());
  if (data_.size() < header.length) {
    return std::nullopt;
  }
  header_.clear();
  return Frame{.header = header, .data = std::exchange(data_, {})};
}

}  // namespace attestd::ttrpc
