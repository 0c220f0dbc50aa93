// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_APPRAISAL_H_
#define ATTESTD_APPRAISAL_APPRAISAL_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "base/status.h"

// The verifier's side (RFC 9334): judges evidence of a platform. Never used on the daemon's path.
namespace attestd::appraisal {

// One question that was put to the evidence.
struct Check {
  std::string name;  // "quote.magic", "report_data", "pcr.digest", ...
  bool passed = false;
  std::string expected;
  std::string found;
};

// The verdict. Claims are what the evidence says, in the words of Trustee's verifier.
// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library's move has assertions only.
struct Appraisal {
  std::vector<Check> checks;
  base::Json claims;

  bool passed() const;
  // The first check that failed as "name: expected X, found Y"; empty when all passed.
  std::string FirstFailure() const;
};

// What the verifier holds true of this machine.
struct ReferenceValues {
  // DER SubjectPublicKeyInfo of the attestation keys that may sign; empty trusts none.
  std::vector<base::Bytes> trusted_aks;
  // sha256 PCR values, by index; others are free.
  std::map<int, base::Bytes> expected_pcrs;
};

// Judges evidence of the named platform ("tpm", "sample"). `report_data` is the unpadded digest
// that the evidence must be bound to. InvalidArgument: unknown platform, or evidence that cannot
// be read at all; everything else is a failed check.
absl::StatusOr<Appraisal> Appraise(std::string_view tee, std::string_view evidence_json,
                                   base::ByteView report_data, const ReferenceValues& reference);

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_APPRAISAL_H_
