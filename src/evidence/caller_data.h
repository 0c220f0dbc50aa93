// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVIDENCE_CALLER_DATA_H_
#define ATTESTD_EVIDENCE_CALLER_DATA_H_

#include <cstddef>

#include "base/bytes.h"
#include "base/status.h"
#include "evidence/report_data.h"

namespace attestd::evidence {

// How a caller's own bytes become report data.
enum class CallerData {
  // As they are, which is what verifiers of guest-components' GetEvidence expect. Whoever may ask
  // for such evidence can bind it to a handshake with a key of his own, and is this VM to a broker.
  kRaw,
  // Hashed behind a tag, so that no bytes lead to the digest of a handshake.
  kTagged,
};

// Report data for a caller's bytes on a platform whose evidence carries `limit` of them unchanged.
// kRaw: the bytes. kTagged: H("attestd caller data v1" || 0x00 || bytes), where H is the longest of
// SHA-512, SHA-384 and SHA-256 whose digest the limit has room for; a handshake's digest is over
// JSON text, which begins otherwise. InvalidArgument with Reason::kTooLarge for more bytes than the
// limit (kRaw) or than 64 (kTagged).
absl::StatusOr<ReportData> BindCallerData(CallerData rule, base::ByteView bytes, size_t limit);

}  // namespace attestd::evidence

#endif  // ATTESTD_EVIDENCE_CALLER_DATA_H_
