// SPDX-License-Identifier: Apache-2.0
#include "tee/nvidia/nvidia_source.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::tee::nvidia {

absl::Status NvidiaSource::Load() {
  if (nvml_ == nullptr) {
    ASSIGN_OR_RETURN(nvml_, Nvml::Load(library_));
  }
  return absl::OkStatus();
}

absl::Status NvidiaSource::Check() {
  RETURN_IF_ERROR(Load());
  return nvml_->CountGpus().status();
}

absl::StatusOr<evidence::Evidence> NvidiaSource::Collect(const evidence::ReportData& report_data,
                                                         base::Deadline deadline) {
  RETURN_IF_ERROR(Load());
  ASSIGN_OR_RETURN(const unsigned count, nvml_->CountGpus());
  std::array<uint8_t, kNonceSize> nonce{};
  const base::Bytes bytes = report_data.Regularized(nonce.size());
  std::copy(bytes.begin(), bytes.end(), nonce.begin());
  base::Json list = base::Json::array();
  for (unsigned i = 0; i < count; ++i) {
    // A call into the library cannot be interrupted.
    if (deadline.Expired()) {
      return base::MakeStatus(
          absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
          "nvidia: no time left for GPU " + std::to_string(i) + " of " + std::to_string(count));
    }
    ASSIGN_OR_RETURN(const GpuReport gpu, nvml_->Attest(i, nonce));
    list.push_back({{"arch", gpu.arch},
                    {"uuid", gpu.uuid},
                    {"evidence", base::Base64Encode(gpu.report)},
                    {"certificate", base::Base64Encode(gpu.certificate)}});
  }
  ASSIGN_OR_RETURN(std::string text, base::DumpJson({{"device_evidence_list", std::move(list)}}));
  return evidence::Evidence{.json = std::move(text)};
}

}  // namespace attestd::tee::nvidia
