// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_PCR_REGISTERS_H_
#define ATTESTD_TEE_TPM2_PCR_REGISTERS_H_

#include "evidence/runtime_registers.h"
#include "tee/tpm2/quoting_tpm.h"

namespace attestd::tee::tpm2 {

// PCRs of the sha256 bank as registers for run-time measurements. Those that may be extended are
// PCR 9 to 16 and 23. Kept from callers: PCR 0 to 7 (firmware and boot loader; TCG PC Client
// Platform Firmware Profile, 3.3.4), PCR 8 (init data, see BindInitDataPcr), and PCR 17 to 22,
// which a TPM does not extend at locality 0, the only one a guest has.
class PcrRegisters : public evidence::RuntimeRegisters {
 public:
  // The TPM must outlive this object.
  explicit PcrRegisters(QuotingTpm& tpm) : tpm_(tpm) {}

  base::HashAlgorithm hash() const override { return base::HashAlgorithm::kSha256; }
  // The PCR itself.
  absl::StatusOr<uint32_t> EventLogIndex(uint64_t pcr) const override;
  // Of any PCR from 0 to 23.
  absl::StatusOr<base::Bytes> Read(uint64_t pcr, base::Deadline deadline) override;
  absl::Status Extend(uint64_t pcr, base::ByteView digest, base::Deadline deadline) override;

 private:
  QuotingTpm& tpm_;
};

// Binds the digest of the init data to PCR 8, where verifiers look for it as
// SHA-256(32 zero bytes || digest). OK also when that is there already. InvalidArgument for a
// digest that is not of 32 bytes; FailedPrecondition when PCR 8 holds anything else.
absl::Status BindInitDataPcr(QuotingTpm& tpm, base::ByteView digest, base::Deadline deadline);

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_PCR_REGISTERS_H_
