// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_FORMAT_EVIDENCE_H_
#define ATTESTD_TEE_SNP_FORMAT_EVIDENCE_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tee/snp/format/cert_table.h"
#include "tee/snp/format/report.h"

namespace attestd::tee::snp {

// The "snp" evidence, as Trustee's verifier reads it: {"attestation_report": the report's fields,
// "cert_chain": null | [{"cert_type", "data"}]}. Byte strings are arrays of numbers.
struct SnpEvidence {
  Report report;
  std::vector<CertEntry> certificates;
};

// The certificates are sorted by type. No certificates: null.
std::string FormatEvidence(const SnpEvidence& evidence);
// InvalidArgument naming the member that is missing or malformed. That the version and processor
// have a binary layout is EncodeReport's to say.
absl::StatusOr<SnpEvidence> ParseEvidence(std::string_view json);

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_FORMAT_EVIDENCE_H_
