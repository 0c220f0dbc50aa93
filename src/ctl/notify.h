// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_NOTIFY_H_
#define ATTESTD_CTL_NOTIFY_H_

#include <absl/time/time.h>
#include <sys/types.h>

#include <string_view>

#include "base/status.h"
#include "ctl/resource_options.h"
#include "ctl/stop_signals.h"

namespace attestd::ctl {

// A process number as a pid file has it: digits, with blanks or line ends behind them. Above 1, so
// that no file names every process, a group or init.
absl::StatusOr<pid_t> ParsePid(std::string_view text);

// Tells whom the options name that files have changed: sends the signal, or runs the command to its
// end, which must be success within `limit`; then it is killed. No effect when they name nobody.
absl::Status Notify(const NotifyOptions& options, absl::Duration limit, StopSignals& stop);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_NOTIFY_H_
