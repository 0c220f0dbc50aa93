// SPDX-License-Identifier: Apache-2.0
#include "evidence/report_data.h"

#include <string>

namespace attestd::evidence {

absl::StatusOr<ReportData> ReportData::Create(base::ByteView bytes) {
  if (bytes.size() > kMaxSize) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument, base::Reason::kTooLarge,
        "report data is " + std::to_string(bytes.size()) + " bytes; at most 64 are possible");
  }
  return ReportData(bytes);
}

base::Bytes ReportData::Regularized(size_t size) const {
  base::Bytes field = bytes_;
  field.resize(size);
  return field;
}

}  // namespace attestd::evidence
