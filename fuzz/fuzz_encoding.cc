// SPDX-License-Identifier: Apache-2.0
// What decodes, encodes to the same text.
// Covers: src/base/encoding.cc
#include <algorithm>
#include <cctype>
#include <string>

#include "base/encoding.h"
#include "fuzz/fuzz_target.h"

namespace base = attestd::base;

FUZZ_TARGET(input) {
  const std::string_view text = base::AsText(input);
  if (const auto bytes = base::Base64Decode(text); bytes.ok()) {
    FUZZ_CHECK(base::Base64Encode(*bytes) == text);
  }
  if (const auto bytes = base::Base64UrlDecode(text); bytes.ok()) {
    FUZZ_CHECK(base::Base64UrlEncode(*bytes) == text);
  }
  if (const auto bytes = base::Base64UrlPaddedDecode(text); bytes.ok()) {
    FUZZ_CHECK(base::Base64UrlPaddedEncode(*bytes) == text);
  }
  if (const auto bytes = base::HexDecode(text); bytes.ok()) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    FUZZ_CHECK(base::HexEncode(*bytes) == lower);
  }
  FUZZ_CHECK(*base::Base64Decode(base::Base64Encode(input)) == base::ToBytes(input));
}
