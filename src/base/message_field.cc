// SPDX-License-Identifier: Apache-2.0
#include "base/message_field.h"

namespace attestd::base {

void AppendFieldHead(unsigned number, size_t size, std::string& bytes) {
  constexpr unsigned kLengthDelimited = 2;
  bytes.push_back(static_cast<char>(number << 3U | kLengthDelimited));
  for (; size >= 0x80; size >>= 7) {
    bytes.push_back(static_cast<char>(size | 0x80));
  }
  bytes.push_back(static_cast<char>(size));
}

}  // namespace attestd::base
