// SPDX-License-Identifier: Apache-2.0
#include "bench/child_process.h"

#include <absl/time/clock.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/deadline.h"
#include "base/file.h"

namespace attestd::bench {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);
constexpr absl::Duration kPoll = absl::Microseconds(100);

absl::StatusOr<long> ReadKib(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    long value = 0;
    if (word == key && file >> value) {
      return value;
    }
  }
  return base::MakeStatus(absl::StatusCode::kNotFound, path + ": no " + key);
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Start(const std::vector<std::string>& argv) {
  std::vector<char*> arguments;
  std::vector<std::string> copies = argv;
  arguments.reserve(copies.size() + 1);
  for (std::string& argument : copies) {
    arguments.push_back(argument.data());
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  }
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, arguments.front(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return base::ErrnoStatus(error, argv.front());
  }
  return ChildProcess(pid);
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
}

absl::StatusOr<base::UniqueFd> ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, path + ": too long for a socket");
  }
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid() ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, path + ": nobody listens");
  }
  return fd;
}

absl::Status WaitUntilListening(const std::string& path) {
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (!ConnectUnix(path).ok()) {
    if (deadline.Expired()) {
      return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, path + ": nobody listens");
    }
    absl::SleepFor(kPoll);
  }
  return absl::OkStatus();
}

absl::StatusOr<Footprint> ReadFootprint(pid_t pid) {
  const std::string proc = "/proc/" + std::to_string(pid);
  Footprint footprint;
  ASSIGN_OR_RETURN(footprint.pss_kib, ReadKib(proc + "/smaps_rollup", "Pss:"));
  ASSIGN_OR_RETURN(footprint.rss_kib, ReadKib(proc + "/smaps_rollup", "Rss:"));
  std::error_code error;
  const std::filesystem::directory_iterator tasks(proc + "/task", error);
  footprint.threads = static_cast<int>(std::distance(begin(tasks), end(tasks)));
  return footprint;
}

}  // namespace attestd::bench
