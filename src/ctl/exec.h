// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_EXEC_H_
#define ATTESTD_CTL_EXEC_H_

#include "base/status.h"
#include "ctl/options.h"

namespace attestd::ctl {

// Fetches the secrets and becomes the command: the same process, with the signals and descriptors
// that attestctl was started with. Returns only when that fails.
absl::Status Exec(const Options& options);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_EXEC_H_
