// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_ACCOUNTS_H_
#define ATTESTD_CTL_ACCOUNTS_H_

#include <sys/types.h>

#include <string>

#include "base/status.h"

namespace attestd::ctl {

// The number of a user or group, given by name or number. InvalidArgument when this machine knows
// no such name; a number need not be known.
absl::StatusOr<uid_t> FindUser(const std::string& user);
absl::StatusOr<gid_t> FindGroup(const std::string& group);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_ACCOUNTS_H_
