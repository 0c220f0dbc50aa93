// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm/esys_device.h"

#include <utility>

#include "tee/tpm/attestation_key.h"
#include "tee/tpm2/esys_device.h"

namespace attestd::tee::tpm {

std::unique_ptr<tpm2::TpmDevice> CreateEsysDevice(EsysDeviceOptions options) {
  return std::make_unique<tpm2::EsysDevice>(
      std::move(options.tcti),
      [handle = options.ak_handle](const tpm2::EsysContext& context, base::Deadline deadline) {
        return FindOrCreateAk(context, handle, deadline);
      });
}

}  // namespace attestd::tee::tpm
