// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM_TPM_SOURCE_H_
#define ATTESTD_TEE_TPM_TPM_SOURCE_H_

#include <memory>

#include "evidence/evidence_source.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm2/pcr_registers.h"
#include "tee/tpm2/quoting_tpm.h"
#include "tee/tpm2/tpm_device.h"

namespace attestd::tee::tpm {

// Evidence of a TPM 2.0: a quote over the sha256 PCRs 0 to 23 with the report data, cut or padded
// to 32 bytes, as extraData. A connection that broke is opened again once for each request.
class TpmSource : public evidence::EvidenceSource {
 public:
  explicit TpmSource(std::unique_ptr<tpm2::TpmDevice> device)
      : device_(std::move(device)), tpm_(*device_), registers_(tpm_) {}

  std::string_view tee() const override { return "tpm"; }
  size_t report_data_limit() const override { return kExtraDataSize; }
  absl::Status Check() override;
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline deadline) override;
  // Through PCR 8.
  absl::Status BindInitData(base::ByteView digest, base::Deadline deadline) override;
  evidence::RuntimeRegisters* registers() override { return &registers_; }

 private:
  absl::StatusOr<evidence::Evidence> CollectOnce(base::ByteView extra_data,
                                                 base::Deadline deadline);

  const std::unique_ptr<tpm2::TpmDevice> device_;
  tpm2::QuotingTpm tpm_;
  tpm2::PcrRegisters registers_;
};

}  // namespace attestd::tee::tpm

#endif  // ATTESTD_TEE_TPM_TPM_SOURCE_H_
