// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include "base/encoding.h"

namespace attestd::base {

std::string Escaped(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const uint8_t byte : AsBytes(text)) {
    if (byte < 0x20 || byte >= 0x7f) {
      escaped.append("\\x").append(HexEncode({&byte, 1}));
    } else {
      escaped.push_back(static_cast<char>(byte));
    }
  }
  return escaped;
}

}  // namespace attestd::base
