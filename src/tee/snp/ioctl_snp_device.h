// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_IOCTL_SNP_DEVICE_H_
#define ATTESTD_TEE_SNP_IOCTL_SNP_DEVICE_H_

#include <memory>
#include <string>

#include "tee/snp/sev_guest_file.h"
#include "tee/snp/snp_device.h"

namespace attestd::tee::snp {

// SNP reports through the ioctls of /dev/sev-guest. Certificates that the host withholds, or whose
// length it will not settle, are done without.
std::unique_ptr<SnpDevice> CreateIoctlSnpDevice(const std::string& path,
                                                std::unique_ptr<SevGuestFile> file);

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_IOCTL_SNP_DEVICE_H_
