// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_COMMAND_H_
#define ATTESTD_SECURE_MOUNT_COMMAND_H_

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "secure_mount/interruption.h"

namespace attestd::secure_mount {

// A program to run. No shell; the environment is a PATH and LC_ALL=C.
struct Command {
  std::string step;                         // for messages, for example "luksFormat /dev/vdb"
  std::string program;                      // a name, looked up in the system's folders
  std::vector<std::string> arguments = {};  // never a secret
  base::ByteView input = {};                // standard input, through a pipe; at most kMaxKeyBytes
  int descriptor = -1;                      // becomes descriptor 3, unless it is -1
};

// How it ended.
struct Ended {
  int code = -1;       // its exit status; 128 and the signal that ended it
  std::string output;  // the first 1 MiB of standard output
};

// Runs it to its end. An interruption stops it with SIGTERM, after 5 s with SIGKILL, and is the
// answer. What it writes to standard error goes to the log, when its exit status is not 0.
// FailedPrecondition (kMountFailed) when there is no such program.
absl::StatusOr<Ended> Run(const Command& command, Interruption& interruption);

// The same; any exit status but 0 is FailedPrecondition (kMountFailed), which names step and
// status.
absl::StatusOr<std::string> RunToSuccess(const Command& command, Interruption& interruption);

// FailedPrecondition (kMountFailed): "secure mount: <step>: <problem>".
absl::Status StepFailed(std::string_view step, std::string_view problem);

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_COMMAND_H_
