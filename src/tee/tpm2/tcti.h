// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_TCTI_H_
#define ATTESTD_TEE_TPM2_TCTI_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tee/backend.h"

// How a TPM is reached, in tss2's words (Tss2_TctiLdr_Initialize): "device:/dev/tpmrm0", or
// "swtpm:host=127.0.0.1,port=2321" for development.
namespace attestd::tee::tpm2 {

inline constexpr char kDefaultTcti[] = "device:/dev/tpmrm0";

// InvalidArgument naming the setting "tcti" for any other.
absl::Status ValidateTcti(std::string_view tcti);

// The device node; nothing for an emulator.
std::optional<std::string> TctiDevice(std::string_view tcti);

// The same for the sandbox (Backend::files).
std::vector<FileUse> TctiFiles(std::string_view tcti);

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_TCTI_H_
