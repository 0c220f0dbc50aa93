// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_SUPPORT_PROCESS_H_
#define ATTESTD_TEST_SUPPORT_PROCESS_H_

#include <absl/time/time.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::test {

struct ProcessOptions {
  // The program is looked for in PATH unless it has a slash.
  std::vector<std::string> argv;
  // "NAME=value", in addition to this process's environment or in place of what it has.
  std::vector<std::string> env;
};

// A child that is killed when this object goes, or when the thread that started it does. Standard
// input is empty; standard output and error are captured in memory and may be read at any time.
class Process {
 public:
  // NotFound when there is no such program.
  static absl::StatusOr<Process> Start(const ProcessOptions& options);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  // Whether it has not ended yet.
  bool Running();
  // The exit status once it ended, 128 + N after signal N; DeadlineExceeded otherwise.
  absl::StatusOr<int> Wait(absl::Duration timeout);
  void Signal(int signal);
  // SIGKILL, and waits for the end.
  void Kill();
  // Everything written so far.
  std::string Out() const;
  std::string Err() const;

 private:
  Process(pid_t pid, base::UniqueFd pidfd, base::UniqueFd out, base::UniqueFd err);

  pid_t pid_ = -1;
  base::UniqueFd pidfd_;
  base::UniqueFd out_;
  base::UniqueFd err_;
  int exit_ = -1;  // -1 while it runs
};

struct ProcessResult {
  int exit = 0;
  std::string out;
  std::string err;
};

// Starts, waits and collects. DeadlineExceeded with what it wrote to standard error.
absl::StatusOr<ProcessResult> RunProcess(const ProcessOptions& options, absl::Duration timeout);

// Whether PATH has an executable of that name.
bool IsInstalled(const std::string& program);

}  // namespace attestd::test

#endif  // ATTESTD_TEST_SUPPORT_PROCESS_H_
