// SPDX-License-Identifier: Apache-2.0
// Evidence JSON of a TDX guest: what parses is written back and parses to the same.
// Covers: src/tee/tdx/format/evidence.cc
#include "fuzz/fuzz_target.h"
#include "tee/tdx/format/evidence.h"

namespace tdx = attestd::tee::tdx;

FUZZ_TARGET(input) {
  const auto evidence = tdx::ParseEvidence(attestd::base::AsText(input));
  if (!evidence.ok()) {
    return;
  }
  const auto again = tdx::ParseEvidence(tdx::FormatEvidence(*evidence));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->quote == evidence->quote && again->cc_eventlog == evidence->cc_eventlog);
}
