// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_TEE_AZURE_VTPM_FAKE_AZURE_DEVICE_H_
#define ATTESTD_TEST_TEE_AZURE_VTPM_FAKE_AZURE_DEVICE_H_

#include <deque>
#include <functional>

#include "tee/azure_vtpm/azure_device.h"
#include "test/fakes/paravisor.h"
#include "test/tee/tpm/fake_tpm_device.h"

namespace attestd::tee::azure_vtpm {

// An Azure vTPM in memory.
class FakeAzureDevice : public AzureDevice {
 public:
  explicit FakeAzureDevice(Kind kind);

  tpm2::TpmDevice& tpm() override { return fake_tpm; }
  absl::StatusOr<base::Bytes> ReadHclReport(base::Deadline deadline) override;
  absl::Status WriteUserData(base::ByteView data, base::Deadline deadline) override;
  absl::StatusOr<base::Bytes> ReadUserData(base::Deadline deadline) override;
  base::UniqueFd LockUserData(base::Deadline /*deadline*/) override;

  tpm::FakeTpmDevice fake_tpm;
  fakes::ParavisorSpec paravisor;
  // One is taken by each ReadHclReport, and may change what it returns.
  std::deque<std::function<void(base::Bytes&)>> image_faults;
  std::deque<absl::Status> read_faults;
  // Reads after a write that still show what was there before.
  int stale_reads = 0;
  // Each write is overwritten by another process this many times in all.
  int foreign_writes = 0;
  int writes = 0;
  int reads = 0;
  int locks = 0;

 private:
  base::Bytes written_;    // NV 0x01400002
  base::Bytes published_;  // in the HCL report
  int stale_left_ = 0;
};

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEST_TEE_AZURE_VTPM_FAKE_AZURE_DEVICE_H_
