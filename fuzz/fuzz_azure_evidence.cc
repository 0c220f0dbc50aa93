// SPDX-License-Identifier: Apache-2.0
// Evidence JSON of an Azure CVM, both kinds: what parses is written back and parses to the same.
// Covers: src/tee/azure_vtpm/format/evidence.cc
#include "fuzz/fuzz_target.h"
#include "tee/azure_vtpm/format/evidence.h"

namespace azure = attestd::tee::azure_vtpm;

FUZZ_TARGET(input) {
  for (const azure::Kind kind : {azure::Kind::kSnp, azure::Kind::kTdx}) {
    const auto evidence = azure::ParseEvidence(kind, attestd::base::AsText(input));
    if (!evidence.ok()) {
      continue;
    }
    const auto json = azure::FormatEvidence(kind, *evidence);
    FUZZ_CHECK(json.ok());
    const auto again = azure::ParseEvidence(kind, *json);
    FUZZ_CHECK(again.ok() && again->version == evidence->version);
    FUZZ_CHECK(again->message == evidence->message && again->signature == evidence->signature);
    FUZZ_CHECK(again->pcrs == evidence->pcrs && again->hcl_report == evidence->hcl_report);
    FUZZ_CHECK(again->endorsement == evidence->endorsement);
  }
}
