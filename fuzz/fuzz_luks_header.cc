// SPDX-License-Identifier: Apache-2.0
// The JSON of a LUKS2 header. What passes with integrity passes without.
// Covers: src/secure_mount/luks_header.cc
#include "fuzz/fuzz_target.h"
#include "secure_mount/luks_header.h"

FUZZ_TARGET(input) {
  const std::string_view json = attestd::base::AsText(input);
  const bool with = attestd::secure_mount::CheckLuksMetadata(json, true).ok();
  const bool without = attestd::secure_mount::CheckLuksMetadata(json, false).ok();
  FUZZ_CHECK(!with || without);
  // Whatever passes says these words.
  FUZZ_CHECK(!without || json.find("aes-xts-plain") != std::string_view::npos);
}
