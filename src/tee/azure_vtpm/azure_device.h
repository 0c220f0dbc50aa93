// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_AZURE_VTPM_AZURE_DEVICE_H_
#define ATTESTD_TEE_AZURE_VTPM_AZURE_DEVICE_H_

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/handle.h"
#include "base/status.h"
#include "tee/tpm2/tpm_device.h"

namespace attestd::tee::azure_vtpm {

// The seam at the vTPM of an Azure CVM: a TPM, and two NV indexes through which the paravisor is
// talked to. Calls come one at a time; errors are those of TpmDevice.
class AzureDevice {
 public:
  AzureDevice() = default;
  AzureDevice(const AzureDevice&) = delete;
  AzureDevice& operator=(const AzureDevice&) = delete;
  virtual ~AzureDevice() = default;

  virtual tpm2::TpmDevice& tpm() = 0;
  // NV 0x01400001, whole: the HCL report of this moment. FailedPrecondition with
  // Reason::kDeviceMissing where there is no such index.
  virtual absl::StatusOr<base::Bytes> ReadHclReport(base::Deadline deadline) = 0;
  // NV 0x01400002, of 1 to 64 bytes, made when it is not there: what the paravisor is to put into
  // the next HCL reports as user-data. It may take the paravisor a moment, or seconds.
  virtual absl::Status WriteUserData(base::ByteView data, base::Deadline deadline) = 0;
  // NV 0x01400002 as it is now; empty when it is not there, or was never written.
  virtual absl::StatusOr<base::Bytes> ReadUserData(base::Deadline deadline) = 0;
  // Waits until no other process that asks for it in this way writes user-data; such a process
  // waits until the result is closed. Not valid where there is no node to lock, or its holder does
  // not let go: the lock saves time and is no promise.
  virtual base::UniqueFd LockUserData(base::Deadline deadline) = 0;
};

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEE_AZURE_VTPM_AZURE_DEVICE_H_
