// SPDX-License-Identifier: Apache-2.0
// Evidence JSON of SNP: what parses is written back and parses to the same; so does its binary
// form, where it has one.
// Covers: src/tee/snp/format/evidence.cc
#include "fuzz/fuzz_target.h"
#include "tee/snp/format/evidence.h"

namespace snp = attestd::tee::snp;

FUZZ_TARGET(input) {
  const auto evidence = snp::ParseEvidence(attestd::base::AsText(input));
  if (!evidence.ok()) {
    return;
  }
  const std::string json = snp::FormatEvidence(*evidence);
  const auto again = snp::ParseEvidence(json);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(snp::FormatEvidence(*again) == json);
  if (const auto bytes = snp::EncodeReport(evidence->report); bytes.ok()) {
    const auto report = snp::ParseReport(*bytes);
    FUZZ_CHECK(report.ok());
    FUZZ_CHECK(snp::FormatEvidence({.report = *report, .certificates = evidence->certificates}) ==
               json);
  }
}
