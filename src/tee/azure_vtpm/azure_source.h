// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_AZURE_VTPM_AZURE_SOURCE_H_
#define ATTESTD_TEE_AZURE_VTPM_AZURE_SOURCE_H_

#include <memory>
#include <optional>

#include "evidence/evidence_source.h"
#include "tee/azure_vtpm/azure_device.h"
#include "tee/azure_vtpm/format/evidence.h"
#include "tee/azure_vtpm/format/hcl_report.h"
#include "tee/azure_vtpm/imds_client.h"
#include "tee/tpm2/pcr_registers.h"
#include "tee/tpm2/quoting_tpm.h"

namespace attestd::tee::azure_vtpm {

struct AzureSourceOptions {
  Kind kind = Kind::kSnp;
  // Shape of the evidence: 2, 1 or 0. Only 2 has the report data in the HCL report too.
  int evidence_version = 2;
  // The longest wait for the paravisor to take user-data over; Microsoft's tools sleep 3 seconds.
  absl::Duration user_data_time = absl::Seconds(30);
};

// Evidence of an Azure CVM: a quote of the vTPM with the report data, as it is, as extraData; the
// HCL report, in which the hardware vouches for the vTPM's key; and the VCEK, or the TD quote, from
// IMDS.
class AzureSource : public evidence::EvidenceSource {
 public:
  // Most bytes of extraData that an Azure vTPM takes: 2 and its largest digest, SHA-384. User-data
  // would take 64.
  static constexpr size_t kMaxReportData = 50;

  AzureSource(std::unique_ptr<AzureDevice> device, std::unique_ptr<ImdsClient> imds,
              AzureSourceOptions options);

  std::string_view tee() const override { return TeeName(options_.kind); }
  size_t report_data_limit() const override { return kMaxReportData; }
  absl::Status Check() override;
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline deadline) override;
  // Through PCR 8.
  absl::Status BindInitData(base::ByteView digest, base::Deadline deadline) override;
  evidence::RuntimeRegisters* registers() override { return &registers_; }

 private:
  // An HCL report whose runtime data is what the hardware's report is bound to.
  struct BoundReport {
    base::Bytes image;
    HclReport report;
    RuntimeClaims claims;
    base::Bytes report_data;  // of the hardware's report, 64 bytes
  };
  struct VcekOf {
    SnpIdentity identity;
    base::Bytes der;
  };

  static absl::StatusOr<BoundReport> CheckBinding(base::Bytes image);
  absl::StatusOr<BoundReport> AwaitReport(base::ByteView user_data, base::Deadline deadline);
  absl::Status CheckOwner(const BoundReport& bound, base::Deadline deadline);
  absl::StatusOr<BoundReport> ReportFor(base::ByteView report_data, base::Deadline deadline);
  absl::StatusOr<base::Bytes> Endorsement(const BoundReport& bound, base::Deadline deadline);
  absl::StatusOr<base::Bytes> TdQuote(const BoundReport& bound, base::Deadline deadline);
  absl::StatusOr<base::Bytes> FetchVcek(const SnpIdentity& identity, base::Deadline deadline);
  base::Bytes VcekOrNothing(const BoundReport& bound, base::Deadline deadline);

  const std::unique_ptr<AzureDevice> device_;
  const std::unique_ptr<ImdsClient> imds_;
  const AzureSourceOptions options_;
  tpm2::QuotingTpm tpm_;
  tpm2::PcrRegisters registers_;
  // The certificate changes with the firmware's TCB only.
  std::optional<VcekOf> vcek_;
};

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEE_AZURE_VTPM_AZURE_SOURCE_H_
