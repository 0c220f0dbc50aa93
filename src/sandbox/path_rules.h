// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SANDBOX_PATH_RULES_H_
#define ATTESTD_SANDBOX_PATH_RULES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/landlock.h"

namespace attestd::sandbox {

// "/etc/attestd" of "/etc/attestd/config.toml"; "." of a name alone, "/" of "/file".
std::string FolderOf(const std::string& path);

// Where the path is, or would be: the nearest of itself and the folders above that is there.
// Nothing when that is "/" and not what was asked for: the rule would be none.
std::optional<std::string> NearestExisting(const std::string& path);

// Whether `path`, as it is written, is `folder` or lies below it.
bool LiesBelow(std::string_view path, std::string_view folder);

// A file that is looked at where a link leads, be the target there or not.
std::string Target(const std::string& path);

}  // namespace attestd::sandbox

#endif  // ATTESTD_SANDBOX_PATH_RULES_H_
