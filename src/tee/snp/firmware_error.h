// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_SNP_FIRMWARE_ERROR_H_
#define ATTESTD_TEE_SNP_FIRMWARE_ERROR_H_

#include <cstdint>
#include <string>

namespace attestd::tee::snp {

// "0x16 (INVALID_PARAM: ...)": a status code of the SEV firmware in words.
std::string FirmwareErrorText(uint32_t code);

}  // namespace attestd::tee::snp

#endif  // ATTESTD_TEE_SNP_FIRMWARE_ERROR_H_
