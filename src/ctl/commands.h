// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_COMMANDS_H_
#define ATTESTD_CTL_COMMANDS_H_

#include "base/status.h"
#include "ctl/options.h"

namespace attestd::ctl {

// Does what the command line asks and writes the result to the descriptor `out`. The error's
// message starts with the step that failed; ExitCodeFor turns its code into an exit status.
absl::Status RunCommand(const Options& options, int out);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_COMMANDS_H_
