// SPDX-License-Identifier: Apache-2.0
// Evidence JSON of a TPM: what parses is written back and parses to the same.
// Covers: src/tee/tpm/format/evidence.cc
#include "fuzz/fuzz_target.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm2/format/quote.h"

namespace tpm = attestd::tee::tpm;

FUZZ_TARGET(input) {
  const auto evidence = tpm::ParseEvidence(attestd::base::AsText(input));
  if (!evidence.ok()) {
    return;
  }
  const auto again = tpm::ParseEvidence(tpm::FormatEvidence(*evidence));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->message == evidence->message && again->pcrs == evidence->pcrs);
}
