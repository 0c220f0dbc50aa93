// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/firmware_error.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <string_view>

namespace attestd::tee::snp {
namespace {

struct Code {
  uint32_t code;
  std::string_view text;
};

// SEV-SNP firmware ABI 56860, table "Status codes", and include/uapi/linux/psp-sev.h: those that a
// guest's request for a report can meet.
constexpr std::array<Code, 16> kCodes = {{
    {0x01, "INVALID_PLATFORM_STATE: the firmware is not initialised for SNP"},
    {0x02, "INVALID_GUEST_STATE: the guest is not running for the firmware"},
    {0x04, "INVALID_LEN: a buffer is too small"},
    {0x07, "POLICY_FAILURE: the guest's policy forbids it"},
    {0x08, "INACTIVE: the guest is not active"},
    {0x09, "INVALID_ADDRESS: the host gave the firmware a bad address"},
    {0x0a, "BAD_SIGNATURE: the message is not authentic"},
    {0x0b, "BAD_MEASUREMENT: the message's authentication tag is wrong"},
    {0x13, "HWERROR_PLATFORM: the hardware failed"},
    {0x14, "HWERROR_UNSAFE: the hardware failed and must be reset"},
    {0x15, "UNSUPPORTED: this firmware has no such feature"},
    {0x16, "INVALID_PARAM: for a report, as a rule a VMPL that this guest may not ask for"},
    {0x17, "RESOURCE_LIMIT: the firmware is out of resources"},
    {0x1d, "AEAD_OFLOW: the message counter of the VMPCK is used up"},
    {0x22, "BAD_VERSION: the version of the message is not supported"},
    {0x27, "INVALID_KEY: the key that is to sign is not there (VCEK or VLEK)"},
}};

}  // namespace

std::string FirmwareErrorText(uint32_t code) {
  for (const Code& known : kCodes) {
    if (known.code == code) {
      return absl::StrCat("0x", absl::Hex(code)) + " (" + std::string(known.text) + ")";
    }
  }
  return absl::StrCat("0x", absl::Hex(code), " (see AMD's firmware ABI 56860, \"Status codes\")");
}

}  // namespace attestd::tee::snp
