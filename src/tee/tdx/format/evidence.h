// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_FORMAT_EVIDENCE_H_
#define ATTESTD_TEE_TDX_FORMAT_EVIDENCE_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::tee::tdx {

// The "tdx" evidence as Trustee reads it: {"cc_eventlog": base64 or null, "quote": base64}.
struct TdxEvidence {
  base::Bytes quote;
  std::optional<base::Bytes> cc_eventlog;
};

std::string FormatEvidence(const TdxEvidence& evidence);
// Members beyond the two are passed over, as Trustee does (old attesters send "aa_eventlog"); an
// absent "cc_eventlog" is null. InvalidArgument naming the member that is missing or malformed.
absl::StatusOr<TdxEvidence> ParseEvidence(std::string_view json);

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_FORMAT_EVIDENCE_H_
