// SPDX-License-Identifier: Apache-2.0
// Init data: what parses is kept as it is, and has the digest of the algorithm that it names.
// Covers: src/evidence/init_data.cc
#include <string>

#include "evidence/init_data.h"
#include "fuzz/fuzz_target.h"

FUZZ_TARGET(input) {
  const std::string text(attestd::base::AsText(input));
  const auto init_data = attestd::evidence::ParseInitData(text);
  if (init_data.ok()) {
    const size_t size = init_data->digest.size();
    FUZZ_CHECK(size == 32 || size == 48 || size == 64);
    FUZZ_CHECK(init_data->text == text);
  }
}
