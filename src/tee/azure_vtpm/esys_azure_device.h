// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_AZURE_VTPM_ESYS_AZURE_DEVICE_H_
#define ATTESTD_TEE_AZURE_VTPM_ESYS_AZURE_DEVICE_H_

#include <memory>
#include <string>

#include "tee/azure_vtpm/azure_device.h"

namespace attestd::tee::azure_vtpm {

// The vTPM through tpm2-tss, with the attestation key that Azure made at 0x81000003. Opens nothing
// yet; see EsysDevice for what it does to the environment.
std::unique_ptr<AzureDevice> CreateEsysAzureDevice(const std::string& tcti);

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEE_AZURE_VTPM_ESYS_AZURE_DEVICE_H_
