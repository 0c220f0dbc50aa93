// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_EXIT_CODE_H_
#define ATTESTD_CTL_EXIT_CODE_H_

#include <string>

#include "base/status.h"

namespace attestd::ctl {

// Exit codes of attestctl; scripts rely on the numbers, and --help lists them.
enum class ExitCode {
  kOk = 0,
  kFailure = 1,      // anything not named below
  kUsage = 2,        // the command line, or an argument that the daemon calls invalid
  kRefused = 3,      // by the socket's mode, the daemon's policy or the broker
  kNotFound = 4,     // no such resource
  kUnavailable = 5,  // daemon, device or broker cannot serve now
  kTimedOut = 6,
};

ExitCode ExitCodeFor(const absl::Status& status);

// "attestctl: <message>\n". Always one line: control characters become spaces.
std::string ErrorLine(const absl::Status& status);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_EXIT_CODE_H_
