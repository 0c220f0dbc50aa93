// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_WATCH_H_
#define ATTESTD_CTL_WATCH_H_

#include <vector>

#include "base/status.h"
#include "ctl/options.h"
#include "ctl/stop_signals.h"
#include "ctl/targets.h"

namespace attestd::ctl {

// Keeps the files of the targets as the broker has them: looks every --watch, more or less a tenth,
// rewrites those that changed, all of them or none, and tells whom --notify-... names. Files that
// are there already and right are not rewritten.
//
// Returns only what no later try mends: an error of the first look other than what may pass. Later
// failures are told in a line on standard error, leave the files as they are, and bring the next
// look forward: after a second, then with pauses that grow up to --watch, five minutes at most.
absl::Status Watch(const Options& options, const std::vector<Target>& targets, StopSignals& stop);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_WATCH_H_
