// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_SNP_CHAIN_H_
#define ATTESTD_APPRAISAL_SNP_CHAIN_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "appraisal/appraisal.h"
#include "base/certificate.h"
#include "tee/snp/format/report.h"

// Inside the library only: the certificates behind an SNP report.
namespace attestd::appraisal {

// Those that the evidence brings, then those of the reference values.
std::vector<base::Certificate> SnpCandidates(std::span<const base::Certificate> certificates,
                                             const ReferenceValues& reference);

// The candidates that, by their name, hold the key that the report says it is signed with (VCEK or
// VLEK).
std::vector<base::Certificate> SnpLeaves(const tee::snp::Report& report,
                                         std::span<const base::Certificate> candidates);

// "VCEK", "VLEK", or what else the report says of its signing key.
std::string SnpSigningKey(const tee::snp::Report& report);

// The checks "chain.*": the leaf's way over ASK (of a VLEK: ASVK) to a trusted ARK of the report's
// processor, signatures and dates. Without a leaf they fail.
void CheckSnpChain(const tee::snp::Report& report, const std::optional<base::Certificate>& leaf,
                   std::span<const base::Certificate> candidates, const ReferenceValues& reference,
                   Appraisal& appraisal);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_SNP_CHAIN_H_
