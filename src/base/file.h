// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_FILE_H_
#define ATTESTD_BASE_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"

namespace attestd::base {

// The whole of a regular file, also where it does not tell its size (sysfs). NotFound,
// PermissionDenied, FailedPrecondition (not a regular file) or InvalidArgument (over `limit`
// bytes), each naming the path.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit);

// The same of a file that says whom to trust. FailedPrecondition, too, when anybody but root and
// this process's user may write it.
absl::StatusOr<std::string> ReadTrustedFile(const std::string& path, size_t limit);

// The same as ReadFile, straight into a Secret.
absl::StatusOr<Secret> ReadSecretFile(const std::string& path, size_t limit);

// The same of a file below a folder, when somebody else says which: `name` is relative to the
// folder, or its path. PermissionDenied when it leads out of the folder, be it over a link.
absl::StatusOr<Secret> ReadSecretFileBelow(const std::string& folder, std::string_view name,
                                           size_t limit);

// "path: text of errno" with the matching code.
absl::Status ErrnoStatus(int error, const std::string& path);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_FILE_H_
