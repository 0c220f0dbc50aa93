// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_TSM_SNP_DEVICE_H_
#define ATTESTD_TEE_SNP_TSM_SNP_DEVICE_H_

#include <memory>
#include <string>

#include "tee/snp/snp_device.h"

namespace attestd::tee::snp {

// The kernel's word for this platform in configfs-tsm.
inline constexpr char kTsmProvider[] = "sev_guest";

// SNP reports through configfs-tsm (kernel 6.7 and later); the root is tsm::kDefaultRoot as a rule.
// Its Check also removes what a killed process left there.
std::unique_ptr<SnpDevice> CreateTsmSnpDevice(const std::string& root);

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_TSM_SNP_DEVICE_H_
