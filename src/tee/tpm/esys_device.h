// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM_ESYS_DEVICE_H_
#define ATTESTD_TEE_TPM_ESYS_DEVICE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "tee/tpm2/tcti.h"
#include "tee/tpm2/tpm_device.h"

namespace attestd::tee::tpm {

struct EsysDeviceOptions {
  std::string tcti = tpm2::kDefaultTcti;
  // Where guest-components looks too (AA_TPM_AK_HANDLE).
  uint32_t ak_handle = 0x81010002;
};

// A TPM 2.0 through tpm2-tss. Opens nothing yet. Silences tpm2-tss's own log on standard error
// unless TSS2_LOG is set: it writes to the environment, so call it before threads start.
std::unique_ptr<tpm2::TpmDevice> CreateEsysDevice(EsysDeviceOptions options);

}  // namespace attestd::tee::tpm

#endif  // ATTESTD_TEE_TPM_ESYS_DEVICE_H_
