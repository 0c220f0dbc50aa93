// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_PRIVATE_FILE_H_
#define ATTESTD_AGENT_PRIVATE_FILE_H_

#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::agent {

// Makes the directories above an absolute path that are missing, mode 0700 less the umask.
absl::Status MakeParents(const std::string& path);

// Puts the bytes at the path with mode 0600, all of them or none: whoever opens the path sees the
// old file or the new one. Missing directories are made. Errors name the path.
absl::Status WritePrivateFile(const std::string& path, base::ByteView bytes);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_PRIVATE_FILE_H_
