// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_BYTES_H_
#define ATTESTD_BASE_BYTES_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace attestd::base {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

// The bytes of a text, unchanged.
inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Bytes seen as text; nothing is checked.
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes ToBytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace attestd::base

#endif  // ATTESTD_BASE_BYTES_H_
