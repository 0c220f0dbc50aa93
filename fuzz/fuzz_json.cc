// SPDX-License-Identifier: Apache-2.0
// Parse, write canonically, parse again: the second text, where there is one, is the first.
// Covers: src/base/json.cc src/base/canonical_json.cc
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz/fuzz_target.h"

using attestd::base::AsText;
using attestd::base::CanonicalJson;
using attestd::base::DumpJson;
using attestd::base::ParseJson;

FUZZ_TARGET(input) {
  const auto value = ParseJson(AsText(input));
  if (!value.ok()) {
    return;
  }
  FUZZ_CHECK(DumpJson(*value).ok());
  const auto canonical = CanonicalJson(*value);
  if (canonical.ok()) {
    const auto again = ParseJson(*canonical);
    FUZZ_CHECK(again.ok());
    // 1e17 is written without an exponent and read back as an integer, which is refused.
    const auto twice = CanonicalJson(*again);
    FUZZ_CHECK(!twice.ok() || *twice == *canonical);
  }
}
