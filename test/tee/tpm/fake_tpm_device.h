// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TEE_TPM_FAKE_TPM_DEVICE_H_
#define ATTESTD_TEST_TEE_TPM_FAKE_TPM_DEVICE_H_

#include <openssl/evp.h>

#include <deque>

#include "base/handle.h"
#include "tee/tpm2/tpm_device.h"

namespace attestd::tee::tpm {

enum class Fault {
  kNone,
  kPcrsMove,          // a PCR is extended right before and right after the quote
  kWrongExtraData,    // quotes another's nonce
  kForeignSignature,  // signs with another key
  kForeignSelection,  // quotes PCR 0 to 15 only
  kWrongType,         // answers with a certification, rightly signed
  kIoError,           // the connection breaks
  kLockout,
  kObjectMemory,  // no slot is left for an object
};

// What becomes of one ExtendPcr.
enum class ExtendFault {
  kNone,
  kLostRequest,  // the connection breaks before the PCR is extended
  kLostAnswer,   // the connection breaks after it
  kOtherExtend,  // the connection breaks before it, and another extends the PCR meanwhile
  kLockout,
};

// A TPM in memory: real structures, digests and signatures, keys of its own.
class FakeTpmDevice : public tpm2::TpmDevice {
 public:
  FakeTpmDevice();

  absl::StatusOr<base::Bytes> EnsureAk(base::Deadline deadline) override;
  absl::StatusOr<tpm2::PcrValues> ReadPcrs(base::Deadline deadline) override;
  absl::StatusOr<tpm2::SignedQuote> QuotePcrs(base::ByteView extra_data,
                                              base::Deadline deadline) override;
  absl::Status ExtendPcr(uint32_t pcr, base::ByteView digest, base::Deadline deadline) override;
  void Close() override { ++closes; }

  void ExtendPcr16();
  // DER SubjectPublicKeyInfo of the key of kForeignSignature.
  base::Bytes OtherSpki() const { return Spki(other_.get()); }

  // One is taken by each quote; kNone when there is none left.
  std::deque<Fault> quote_faults;
  // One is taken by each ExtendPcr.
  std::deque<ExtendFault> extend_faults;
  // One is taken by each EnsureAk.
  std::deque<absl::Status> ak_faults;
  tpm2::PcrValues pcrs;
  int quotes = 0;
  int reads = 0;
  int extends = 0;
  int closes = 0;
  int ak_requests = 0;

 private:
  static base::Bytes Spki(EVP_PKEY* key);
  void Extend(uint32_t pcr, base::ByteView digest);

  using Key = base::Handle<EVP_PKEY, EVP_PKEY_free>;

  Key ak_;
  Key other_;
};

}  // namespace attestd::tee::tpm

#endif  // ATTESTD_TEST_TEE_TPM_FAKE_TPM_DEVICE_H_
