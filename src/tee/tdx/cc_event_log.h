// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_CC_EVENT_LOG_H_
#define ATTESTD_TEE_TDX_CC_EVENT_LOG_H_

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::tee::tdx {

// Where the kernel shows the data of the ACPI table CCEL.
inline constexpr char kCcelPath[] = "/sys/firmware/acpi/tables/data/CCEL";

// The log that goes along with a quote: the firmware's, cut to what it uses; behind it the agent's
// entries; then 8 bytes of 0xff, as guest-components ends it. Without a firmware log the agent's
// entries stand behind a Spec ID event that declares SHA-384. Nothing when both are empty.
// InvalidArgument, naming which of the two and the offset, when one is malformed.
absl::StatusOr<std::optional<base::Bytes>> JoinEventLogs(base::ByteView firmware,
                                                         base::ByteView agent);

// The same over files, of which each may be absent. A log that cannot be read or is malformed costs
// the evidence its log, not more: a warning is logged and nothing is returned.
std::optional<base::Bytes> ReadEventLogs(const std::string& firmware_path,
                                         const std::string& agent_path);

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_CC_EVENT_LOG_H_
