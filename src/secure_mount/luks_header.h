// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_LUKS_HEADER_H_
#define ATTESTD_SECURE_MOUNT_LUKS_HEADER_H_

#include <string_view>

#include "base/status.h"

namespace attestd::secure_mount {

// Whether a volume may be opened by this LUKS2 metadata (the JSON area; LUKS2 On-Disk Format
// Specification 1.1.1, chapter 3). Nothing in it is authenticated, and the host can write it: a
// null cipher would open with any key and leave all that is written to the host (CVE-2025-59054).
// So the ciphers, key sizes, key derivations and flags are those that are known to be good: one
// segment of aes-xts, no re-encryption under way, and with `integrity` hmac(sha256).
// FailedPrecondition (kVolumeRefused) names the member, what was expected, and never quotes it.
absl::Status CheckLuksMetadata(std::string_view json, bool integrity);

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_LUKS_HEADER_H_
