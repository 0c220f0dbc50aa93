// SPDX-License-Identifier: Apache-2.0
#include "ctl/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/file.h"
#include "base/handle.h"
#include "ctl/words.h"

namespace attestd::ctl {
namespace {

constexpr size_t kMaxPidFile = 64;

absl::Status SendSignal(const NotifyOptions& options) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(options.pid_file, kMaxPidFile));
  const absl::StatusOr<pid_t> pid = ParsePid(text);
  RETURN_IF_ERROR(base::Annotate(pid.status(), options.pid_file));
  if (::kill(*pid, options.signal) != 0) {
    return base::ErrnoStatus(errno,
                             options.pid_file + ": signal to process " + std::to_string(*pid));
  }
  return absl::OkStatus();
}

// Signals and standard input as a fresh program expects them.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));  // posix_spawn changes nothing
  }
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_init(&actions);
  sigset_t none;
  sigemptyset(&none);
  sigset_t pipe = none;
  sigaddset(&pipe, SIGPIPE);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &pipe);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    return base::ErrnoStatus(error, "run " + command.front());
  }
  return child;
}

// Whether the child ended in time; it is not reaped yet.
bool AwaitEnd(pid_t child, absl::Duration limit) {
  const base::UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const base::Deadline deadline = base::Deadline::After(limit);
  pollfd event{.fd = end.get(), .events = POLLIN, .revents = 0};
  while (!deadline.Expired()) {
    const absl::Duration left = std::min(deadline.Remaining(), absl::Hours(1));
    if (::poll(&event, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1) > 0) {
      return true;
    }
  }
  return false;
}

absl::Status RunToEnd(const std::vector<std::string>& command, absl::Duration limit,
                      StopSignals& stop) {
  const absl::StatusOr<pid_t> child = stop.Undisturbed([&]() -> absl::StatusOr<pid_t> {
    absl::StatusOr<pid_t> spawned = Spawn(command);
    stop.set_child(spawned.ok() ? *spawned : 0);
    return spawned;
  });
  RETURN_IF_ERROR(child.status());
  const bool ended = AwaitEnd(*child, limit);
  if (!ended) {
    ::kill(*child, SIGKILL);
  }
  // Only now may its number be another's.
  const int status = stop.Undisturbed([&] {
    int result = 0;
    stop.set_child(0);
    ::waitpid(*child, &result, 0);
    return result;
  });
  if (!ended) {
    return base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                            command.front() + ": was killed, since it ran longer than " +
                                absl::FormatDuration(limit) + " (--timeout)");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return base::MakeStatus(
        absl::StatusCode::kUnknown,
        command.front() + (WIFEXITED(status)
                               ? ": exit status " + std::to_string(WEXITSTATUS(status))
                               : ": ended by signal " + std::to_string(WTERMSIG(status))));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<pid_t> ParsePid(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  const std::optional<uint32_t> number =
      ParseNumber(text.substr(0, end == std::string_view::npos ? 0 : end + 1), 10, 0x7fffffff);
  if (!number.has_value() || *number <= 1) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "expected the number of a process above 1");
  }
  return static_cast<pid_t>(*number);
}

absl::Status Notify(const NotifyOptions& options, absl::Duration limit, StopSignals& stop) {
  if (!options.pid_file.empty()) {
    return base::Annotate(SendSignal(options), "--notify-signal");
  }
  if (!options.command.empty()) {
    return base::Annotate(RunToEnd(options.command, limit, stop), "--notify-exec");
  }
  return absl::OkStatus();
}

}  // namespace attestd::ctl
