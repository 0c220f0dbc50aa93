// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_TPM_DEVICE_H_
#define ATTESTD_TEE_TPM2_TPM_DEVICE_H_

#include <cstdint>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"
#include "tee/tpm2/format/quote.h"

namespace attestd::tee::tpm2 {

// The seam at the TPM. Calls come one at a time; each opens the device when it is not open.
// Errors name the device and the step. Unavailable with Reason::kDeviceFailed: a fresh connection
// may help (Close, then again). FailedPrecondition: it will not. DeadlineExceeded.
class TpmDevice {
 public:
  TpmDevice() = default;
  TpmDevice(const TpmDevice&) = delete;
  TpmDevice& operator=(const TpmDevice&) = delete;
  virtual ~TpmDevice() = default;

  // Finds the attestation key, or creates it where the platform does that; asks the TPM each time.
  // DER SubjectPublicKeyInfo.
  virtual absl::StatusOr<base::Bytes> EnsureAk(base::Deadline deadline) = 0;
  // The sha256 bank. Takes several commands: the values need not be of one moment.
  virtual absl::StatusOr<PcrValues> ReadPcrs(base::Deadline deadline) = 0;
  // A quote by the attestation key over the sha256 PCRs 0 to 23.
  virtual absl::StatusOr<SignedQuote> QuotePcrs(base::ByteView extra_data,
                                                base::Deadline deadline) = 0;
  // Extends one PCR of the sha256 bank with 32 bytes.
  virtual absl::Status ExtendPcr(uint32_t pcr, base::ByteView digest, base::Deadline deadline) = 0;
  // Forgets the connection and what it held; the next call opens it again.
  virtual void Close() = 0;
};

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_TPM_DEVICE_H_
