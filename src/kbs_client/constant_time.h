// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_CONSTANT_TIME_H_
#define ATTESTD_KBS_CLIENT_CONSTANT_TIME_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

// Decisions on secret bits without a branch or an address that depends on them.
namespace attestd::kbs {

// 0xff for zero, else 0.
inline uint8_t MaskIfZero(uint8_t value) {
  uint32_t wide = value;
  // The compiler must not learn what the value can be, or it may turn the mask into a jump.
  __asm__ volatile("" : "+r"(wide));
  return static_cast<uint8_t>((wide - 1) >> 24);
}

// 0xff for true, else 0.
inline uint8_t MaskIf(bool condition) { return MaskIfZero(static_cast<uint8_t>(!condition)); }

// Leaves `bytes` where the mask is 0xff, and replaces them by `other`, of the same size, where it
// is 0.
inline void KeepIf(uint8_t mask, std::span<uint8_t> bytes, base::ByteView other) {
  for (size_t i = 0; i < std::min(bytes.size(), other.size()); ++i) {
    bytes[i] = static_cast<uint8_t>((bytes[i] & mask) | (other[i] & ~mask));
  }
}

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_CONSTANT_TIME_H_
