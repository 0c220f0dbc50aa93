// SPDX-License-Identifier: Apache-2.0
#include "evidence/evidence_source.h"

namespace attestd::evidence {

absl::Status EvidenceSource::BindInitData(base::ByteView /*digest*/, base::Deadline /*deadline*/) {
  return base::MakeStatus(absl::StatusCode::kUnimplemented,
                          std::string(tee()) + " has no place for the digest of init data");
}

}  // namespace attestd::evidence
