// SPDX-License-Identifier: Apache-2.0
// Parse, write canonically, parse again: the second text is the first.
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
    FUZZ_CHECK(*CanonicalJson(*again) == *canonical);
  }
}
