// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM_TPM_SOURCE_H_
#define ATTESTD_TEE_TPM_TPM_SOURCE_H_

#include <memory>
#include <optional>

#include "base/public_key.h"
#include "evidence/evidence_source.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm/tpm_device.h"

namespace attestd::tee::tpm {

// Evidence of a TPM 2.0: a quote over the sha256 PCRs 0 to 23 with the report data, cut or padded
// to 32 bytes, as extraData. A connection that broke is opened again once for each request.
class TpmSource : public evidence::EvidenceSource {
 public:
  explicit TpmSource(std::unique_ptr<TpmDevice> device) : device_(std::move(device)) {}

  std::string_view tee() const override { return "tpm"; }
  size_t report_data_limit() const override { return kExtraDataSize; }
  absl::Status Check() override;
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline deadline) override;

 private:
  struct Ak {
    base::Bytes spki;  // DER SubjectPublicKeyInfo
    base::PublicKey key;
  };

  absl::Status LoadAk(base::Deadline deadline);
  absl::StatusOr<evidence::Evidence> CollectOnce(base::ByteView extra_data,
                                                 base::Deadline deadline);
  absl::StatusOr<bool> HaveQuotedPcrs(const base::Bytes& pcr_digest, base::Deadline deadline);
  void Forget();

  std::unique_ptr<TpmDevice> device_;
  std::optional<Ak> ak_;
  // As last read. A quote's digest tells whether they are still true, so that they are read again
  // only when they moved.
  std::optional<tpm2::PcrValues> pcrs_;
};

}  // namespace attestd::tee::tpm

#endif  // ATTESTD_TEE_TPM_TPM_SOURCE_H_
