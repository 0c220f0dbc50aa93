// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_NVIDIA_NVIDIA_SOURCE_H_
#define ATTESTD_TEE_NVIDIA_NVIDIA_SOURCE_H_

#include <memory>
#include <string>

#include "evidence/evidence_source.h"
#include "tee/nvidia/nvml.h"

namespace attestd::tee::nvidia {

// Evidence of every NVIDIA GPU of this VM, in the shape of Trustee's "nvidia" verifier:
// {"device_evidence_list": [{"arch", "uuid", "evidence", "certificate"}]}, the last two in base64.
// The nonce of the reports is the report data, cut or padded to 32 bytes.
class NvidiaSource : public evidence::EvidenceSource {
 public:
  // The library is loaded when it is first needed.
  explicit NvidiaSource(std::string library) : library_(std::move(library)) {}

  std::string_view tee() const override { return "nvidia"; }
  size_t report_data_limit() const override { return kNonceSize; }
  absl::Status Check() override;
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline deadline) override;

 private:
  absl::Status Load();

  const std::string library_;
  std::unique_ptr<Nvml> nvml_;
};

}  // namespace attestd::tee::nvidia

#endif  // ATTESTD_TEE_NVIDIA_NVIDIA_SOURCE_H_
