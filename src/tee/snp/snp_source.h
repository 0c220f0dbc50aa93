// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_SNP_SOURCE_H_
#define ATTESTD_TEE_SNP_SNP_SOURCE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "evidence/evidence_source.h"
#include "tee/snp/format/evidence.h"
#include "tee/snp/snp_device.h"

namespace attestd::tee::snp {

struct SnpSourceOptions {
  uint32_t vmpl = 0;
  // Sends reports of a guest whose policy lets the host debug it.
  bool allow_debug = false;
};

// Evidence of AMD SEV-SNP: a report over the report data, padded to 64 bytes, with the host's
// certificates. Of the devices the first that is there is used. A report that fails our own check
// is never sent: FailedPrecondition with Reason::kDeviceFailed.
class SnpSource : public evidence::EvidenceSource {
 public:
  SnpSource(std::vector<std::unique_ptr<SnpDevice>> devices, const SnpSourceOptions& options)
      : devices_(std::move(devices)), options_(options) {}

  std::string_view tee() const override { return "snp"; }
  size_t report_data_limit() const override { return sizeof(ReportRequest::report_data); }
  // Asks the firmware for a report when the last request was not answered with a good one: a key
  // that the driver gave up shows in no other way.
  absl::Status Check() override;
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline deadline) override;
  // HOSTDATA was set by the host before launch: compared with the digest, cut or padded to 32.
  absl::Status BindInitData(base::ByteView digest, base::Deadline deadline) override;

 private:
  absl::Status ChooseDevice();
  absl::StatusOr<SnpEvidence> GetChecked(const evidence::ReportData& report_data,
                                         base::Deadline deadline);
  absl::StatusOr<SnpEvidence> Get(const evidence::ReportData& report_data, base::Deadline deadline);

  const std::vector<std::unique_ptr<SnpDevice>> devices_;
  const SnpSourceOptions options_;
  SnpDevice* device_ = nullptr;  // the one that is used; null before one was found
  bool well_ = false;            // the last request was answered with a good report
};

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_SNP_SOURCE_H_
