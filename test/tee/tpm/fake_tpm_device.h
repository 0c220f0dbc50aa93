// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TEE_TPM_FAKE_TPM_DEVICE_H_
#define ATTESTD_TEST_TEE_TPM_FAKE_TPM_DEVICE_H_

#include <openssl/evp.h>

#include <deque>

#include "base/handle.h"
#include "tee/tpm/tpm_device.h"

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
};

// A TPM in memory: real structures, digests and signatures, keys of its own.
class FakeTpmDevice : public TpmDevice {
 public:
  FakeTpmDevice();

  absl::StatusOr<base::Bytes> EnsureAk(base::Deadline deadline) override;
  absl::StatusOr<tpm2::PcrValues> ReadPcrs(base::Deadline deadline) override;
  absl::StatusOr<tpm2::SignedQuote> QuotePcrs(base::ByteView extra_data,
                                              base::Deadline deadline) override;
  void Close() override { ++closes; }

  void ExtendPcr16();

  // One is taken by each quote; kNone when there is none left.
  std::deque<Fault> quote_faults;
  // One is taken by each EnsureAk.
  std::deque<absl::Status> ak_faults;
  tpm2::PcrValues pcrs;
  int quotes = 0;
  int reads = 0;
  int closes = 0;
  int ak_requests = 0;

 private:
  using Key = base::Handle<EVP_PKEY, EVP_PKEY_free>;

  Key ak_;
  Key other_;
};

}  // namespace attestd::tee::tpm

#endif  // ATTESTD_TEST_TEE_TPM_FAKE_TPM_DEVICE_H_
