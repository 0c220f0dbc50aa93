// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_MKFS_OPTIONS_H_
#define ATTESTD_SECURE_MOUNT_MKFS_OPTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace attestd::secure_mount {

// The words of mkfsOpts for mkfs.ext4 or mkfs.xfs, which a shell never sees: only options that
// shape the file system, and values that can name no file and no device. At most 32 words.
// InvalidArgument (kBadMount) for any other option or type of file system.
absl::StatusOr<std::vector<std::string>> ParseMkfsOptions(std::string_view type,
                                                          std::string_view text);

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_MKFS_OPTIONS_H_
