// SPDX-License-Identifier: Apache-2.0
// The host's certificate table: what is accepted keeps to the promised bounds.
// Covers: src/tee/snp/format/cert_table.cc
#include "fuzz/fuzz_target.h"
#include "tee/snp/format/cert_table.h"

namespace snp = attestd::tee::snp;

FUZZ_TARGET(input) {
  const auto entries = snp::ParseCertTable(input);
  if (!entries.ok()) {
    return;
  }
  FUZZ_CHECK(entries->size() <= snp::kMaxCertTableEntries);
  size_t total = 0;
  for (const snp::CertEntry& entry : *entries) {
    FUZZ_CHECK(!entry.data.empty());
    FUZZ_CHECK((entry.type == snp::CertType::kOther) == !entry.guid.empty());
    FUZZ_CHECK((entry.type == snp::CertType::kOther) == snp::GuidOf(entry.type).empty());
    total += entry.data.size();
  }
  // Nothing overlaps.
  FUZZ_CHECK(total + 24 * (entries->size() + 1) <= input.size());
}
