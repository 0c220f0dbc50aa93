// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_CCA_FORMAT_EVIDENCE_H_
#define ATTESTD_TEE_CCA_FORMAT_EVIDENCE_H_

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

// "cca" evidence as Trustee's verifier reads it: {"token": [numbers, one for each byte]}.
namespace attestd::tee::cca {

std::string FormatEvidence(base::ByteView token);

// The token's bytes, at most kMaxTokenSize. InvalidArgument for anything else; other members are
// passed over.
absl::StatusOr<base::Bytes> ParseEvidence(std::string_view json);

}  // namespace attestd::tee::cca

#endif  // ATTESTD_TEE_CCA_FORMAT_EVIDENCE_H_
