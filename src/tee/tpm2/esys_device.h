// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_ESYS_DEVICE_H_
#define ATTESTD_TEE_TPM2_ESYS_DEVICE_H_

#include <functional>
#include <optional>
#include <string>

#include "tee/tpm2/esys_context.h"
#include "tee/tpm2/tpm_device.h"

namespace attestd::tee::tpm2 {

// A persistent RSA key in the TPM that signs only what the TPM itself made (restricted).
struct AttestationKey {
  EsysObject object;
  base::Bytes spki;  // DER SubjectPublicKeyInfo
};

// A TPM 2.0 through tpm2-tss.
class EsysDevice : public TpmDevice {
 public:
  using KeyFinder =
      std::function<absl::StatusOr<AttestationKey>(const EsysContext&, base::Deadline)>;

  // Opens nothing yet. Silences tpm2-tss's own log on standard error unless TSS2_LOG is set: it
  // writes to the environment, so call it before threads start.
  EsysDevice(std::string tcti, KeyFinder find_key);

  absl::StatusOr<base::Bytes> EnsureAk(base::Deadline deadline) override;
  absl::StatusOr<PcrValues> ReadPcrs(base::Deadline deadline) override;
  absl::StatusOr<SignedQuote> QuotePcrs(base::ByteView extra_data,
                                        base::Deadline deadline) override;
  absl::Status ExtendPcr(uint32_t pcr, base::ByteView digest, base::Deadline deadline) override;
  void Close() override;

  // For commands of the platform's own; valid until Close.
  absl::StatusOr<const EsysContext*> Context();
  const std::string& tcti() const { return tcti_; }
  // The status with the device's name in front.
  absl::Status Named(const absl::Status& status) const;

 private:
  absl::StatusOr<ESYS_TR> Key(base::Deadline deadline);

  const std::string tcti_;
  const KeyFinder find_key_;
  std::optional<EsysContext> context_;  // outlives ak_
  std::optional<AttestationKey> ak_;
};

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_ESYS_DEVICE_H_
