// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_TCG_LOG_BUILDER_H_
#define ATTESTD_TEST_FAKES_TCG_LOG_BUILDER_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace attestd::fakes {

// Little-endian bytes, as event logs have them.
class LittleEndian {
 public:
  LittleEndian& U8(uint8_t value) { return Put(value, 1); }
  LittleEndian& U16(uint16_t value) { return Put(value, 2); }
  LittleEndian& U32(uint32_t value) { return Put(value, 4); }
  LittleEndian& Raw(base::ByteView bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  LittleEndian& Raw(std::string_view text) { return Raw(base::AsBytes(text)); }
  const base::Bytes& bytes() const { return bytes_; }

 private:
  LittleEndian& Put(uint64_t value, int count) {
    for (int i = 0; i < count; ++i) {
      bytes_.push_back(static_cast<uint8_t>(value >> (8 * i)));
    }
    return *this;
  }
  base::Bytes bytes_;
};

struct LogAlgorithm {
  uint16_t id = 0x000c;  // SHA-384
  uint16_t digest_bytes = 48;
};

// The record that every crypto-agile log begins with.
inline base::Bytes SpecIdRecord(const std::vector<LogAlgorithm>& algorithms) {
  LittleEndian event;
  // Platform class, version 2.0 errata 0, 64-bit UINTN.
  event.Raw(std::string_view("Spec ID Event03", 16)).U32(0).U8(0).U8(2).U8(0).U8(2);
  event.U32(static_cast<uint32_t>(algorithms.size()));
  for (const LogAlgorithm& algorithm : algorithms) {
    event.U16(algorithm.id).U16(algorithm.digest_bytes);
  }
  event.U8(0);
  LittleEndian record;
  record.U32(1).U32(3).Raw(base::Bytes(20, 0)).U32(static_cast<uint32_t>(event.bytes().size()));
  return record.Raw(event.bytes()).bytes();
}

// TCG_PCR_EVENT2 with one digest.
inline base::Bytes LogRecord(uint32_t index, uint32_t type, uint16_t algorithm,
                             base::ByteView digest, std::string_view data) {
  LittleEndian record;
  record.U32(index).U32(type).U32(1).U16(algorithm).Raw(digest);
  return record.U32(static_cast<uint32_t>(data.size())).Raw(data).bytes();
}

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_TCG_LOG_BUILDER_H_
