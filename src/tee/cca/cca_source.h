// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_CCA_CCA_SOURCE_H_
#define ATTESTD_TEE_CCA_CCA_SOURCE_H_

#include <string>

#include "evidence/evidence_source.h"
#include "tee/cca/format/token.h"
#include "tee/tsm/tsm_report.h"

namespace attestd::tee::cca {

inline constexpr char kTsmProvider[] = "arm_cca_guest";

// Evidence of an Arm CCA realm: the attestation token, whose challenge is the report data padded
// with zeros to 64 bytes.
class CcaSource : public evidence::EvidenceSource {
 public:
  // `tsm_root` is where configfs-tsm lies.
  explicit CcaSource(std::string tsm_root) : reporter_(std::move(tsm_root), kTsmProvider) {}

  std::string_view tee() const override { return "cca"; }
  size_t report_data_limit() const override { return kChallengeSize; }
  absl::Status Check() override;
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline deadline) override;
  // Looks whether the digest, padded with zeros to 64 bytes, is the personalization value that the
  // host gave the realm before launch.
  absl::Status BindInitData(base::ByteView digest, base::Deadline deadline) override;

 private:
  tsm::TsmReporter reporter_;
};

}  // namespace attestd::tee::cca

#endif  // ATTESTD_TEE_CCA_CCA_SOURCE_H_
