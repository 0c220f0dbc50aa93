// SPDX-License-Identifier: Apache-2.0
// SNP attestation report: what parses is encoded to the same bytes.
// Covers: src/tee/snp/format/report.cc
#include <algorithm>

#include "fuzz/fuzz_target.h"
#include "tee/snp/format/report.h"

namespace snp = attestd::tee::snp;

FUZZ_TARGET(input) {
  const auto generation = snp::GenerationOf(input);
  const auto report = snp::ParseReport(input);
  if (!report.ok()) {
    return;
  }
  FUZZ_CHECK(generation.ok() && *generation == *snp::GenerationOf(*report));
  const auto bytes = snp::EncodeReport(*report);
  FUZZ_CHECK(bytes.ok());
  FUZZ_CHECK(std::equal(bytes->begin(), bytes->end(), input.begin(), input.end()));
}
