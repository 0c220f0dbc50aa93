// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_EXEC_OPTIONS_H_
#define ATTESTD_CTL_EXEC_OPTIONS_H_

#include <absl/time/time.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

// NOLINTNEXTLINE(readability-identifier-naming): the library's own.
namespace CLI {
class App;
}

namespace attestd::ctl {

// The words of `attestctl exec` as they came.
struct ExecWords {
  std::vector<std::string> env;
  std::vector<std::string> fd;
  std::string retry;
};

struct ExecOptions {
  std::map<std::string, std::string> environment;  // name of a variable -> URI
  std::map<int, std::string> descriptors;          // number -> URI
  absl::Duration retry;                            // zero: one try
  std::vector<std::string> command;
};

void AddExecCommand(CLI::App& app, ExecWords& words);
// `behind` is what stood behind "--", if that was there. InvalidArgument, "usage: ...", for words
// that mean nothing.
absl::StatusOr<ExecOptions> CheckExecWords(const ExecWords& words,
                                           const std::optional<std::vector<std::string>>& behind);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_EXEC_OPTIONS_H_
