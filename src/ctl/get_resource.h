// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_GET_RESOURCE_H_
#define ATTESTD_CTL_GET_RESOURCE_H_

#include "base/status.h"
#include "ctl/options.h"

namespace attestd::ctl {

// A failure on this side of the socket. Its errno must not look like the daemon's answer: "file
// not found" is not "no such resource".
absl::Status LocalFailure(const absl::Status& status);

// Writes the secret to the descriptor `out`, or the files that the options name: all of them or
// none. With --watch it returns only with an error.
absl::Status GetResource(const Options& options, int out);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_GET_RESOURCE_H_
