// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVIDENCE_REPORT_DATA_H_
#define ATTESTD_EVIDENCE_REPORT_DATA_H_

#include <array>
#include <cstddef>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::evidence {

// The bytes that evidence is bound to: 0 to 64, without padding. Each platform carries them by
// its verifier's rule (padded to 64, cut to 32, or as they are).
class ReportData {
 public:
  static constexpr size_t kMaxSize = 64;

  // InvalidArgument for more than 64 bytes.
  static absl::StatusOr<ReportData> Create(base::ByteView bytes);

  base::ByteView view() const { return bytes_; }
  // Cut, or padded with zeros on the right, to the size of the platform's field.
  base::Bytes Regularized(size_t size) const;

 private:
  explicit ReportData(base::ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  base::Bytes bytes_;
};

}  // namespace attestd::evidence

#endif  // ATTESTD_EVIDENCE_REPORT_DATA_H_
