// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_QUOTING_TPM_H_
#define ATTESTD_TEE_TPM2_QUOTING_TPM_H_

#include <optional>

#include "base/public_key.h"
#include "tee/tpm2/tpm_device.h"

namespace attestd::tee::tpm2 {

// A quote that passed the check before sending, with the values that its PCR digest covers.
struct CheckedQuote {
  SignedQuote quote;
  base::Bytes bare_signature;  // the RSA signature inside the TPMT_SIGNATURE
  PcrValues pcrs;
};

// Whether a fresh connection to the device may mend what the status says.
bool ReopenMayHelp(const absl::Status& status);

// A TPM with what is remembered of it: its attestation key, and its PCR values as last read.
class QuotingTpm {
 public:
  // The device must outlive this object.
  explicit QuotingTpm(TpmDevice& device) : device_(device) {}

  // DER SubjectPublicKeyInfo of the attestation key; asks the TPM each time.
  absl::StatusOr<base::Bytes> ReloadAk(base::Deadline deadline);
  // The same as last read; asks only when it is not known.
  absl::StatusOr<base::Bytes> Ak(base::Deadline deadline);
  // A quote over the sha256 PCRs 0 to 23 with the extra data as it is. Quotes again while the PCRs
  // move; Unavailable when they do not stop. FailedPrecondition with Reason::kDeviceFailed when
  // the quote is not what was asked for: magic, type, extra data, selection or signature.
  absl::StatusOr<CheckedQuote> Quote(base::ByteView extra_data, base::Deadline deadline);

  absl::StatusOr<base::Bytes> ReadPcr(uint64_t pcr, base::Deadline deadline);
  // PCR = SHA-256(PCR || digest), at most once: where the connection broke in between, the PCR
  // tells whether it had happened. Unavailable when it does not tell.
  absl::Status ExtendPcr(uint32_t pcr, base::ByteView digest, base::Deadline deadline);

  // Closes the device and forgets all.
  void Forget();

  // What step() returns; once more after Forget() where that may help. A failure is followed by
  // Forget(), so that the next request starts afresh.
  template <typename Step>
  auto WithFreshConnection(Step step) {
    auto result = step();
    if (ReopenMayHelp(StatusOf(result))) {
      Forget();
      result = step();
    }
    if (!result.ok()) {
      Forget();
    }
    return result;
  }

 private:
  struct KnownAk {
    base::Bytes spki;
    base::PublicKey key;
  };

  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <typename T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }
  absl::StatusOr<bool> HaveQuotedPcrs(const base::Bytes& pcr_digest, base::Deadline deadline);

  TpmDevice& device_;
  std::optional<KnownAk> ak_;
  // A quote's digest tells whether they are still true, so that they are read again only when they
  // moved.
  std::optional<PcrValues> pcrs_;
};

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_QUOTING_TPM_H_
