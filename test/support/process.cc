// SPDX-License-Identifier: Apache-2.0
#include "test/support/process.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "base/deadline.h"
#include "base/file.h"

namespace attestd::test {
namespace {

// Path of the program, or "" when there is none.
std::string FindProgram(const std::string& program) {
  if (absl::StrContains(program, '/')) {
    return ::access(program.c_str(), X_OK) == 0 ? program : "";
  }
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = absl::StrCat(folder, "/", program);
    if (::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return "";
}

std::string NameOf(const std::string& assignment) {
  return assignment.substr(0, assignment.find('=') + 1);
}

std::vector<std::string> Environment(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string inherited = *entry;
    const bool replaced = std::any_of(added.begin(), added.end(), [&](const std::string& mine) {
      return NameOf(mine) == NameOf(inherited);
    });
    if (!replaced) {
      all.push_back(inherited);
    }
  }
  return all;
}

// Pointers for execve; they stay valid while the texts do.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

struct ChildSetup {
  const char* path;
  char* const* argv;
  char* const* env;
  int out;
  int err;
  pid_t parent;
};

// Runs in the child; only async-signal-safe calls, since the parent may have threads.
[[noreturn]] void BecomeChild(const ChildSetup& setup) {
  constexpr int kCannotStart = 127;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int null = ::open("/dev/null", O_RDONLY);
  if (::getppid() != setup.parent || ::dup2(null, STDIN_FILENO) < 0 ||
      ::dup2(setup.out, STDOUT_FILENO) < 0 || ::dup2(setup.err, STDERR_FILENO) < 0) {
    ::_exit(kCannotStart);
  }
  ::execve(setup.path, setup.argv, setup.env);
  ::_exit(kCannotStart);
}

std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count =
        ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (count <= 0) {
      return text;
    }
    text.append(buffer.data(), static_cast<size_t>(count));
  }
}

int PollTimeout(const base::Deadline& deadline) {
  constexpr int64_t kLongest = 3'600'000;
  const int64_t left = absl::ToInt64Milliseconds(deadline.Remaining() + absl::Milliseconds(1));
  return static_cast<int>(std::clamp<int64_t>(left, 0, kLongest));
}

}  // namespace

Process::Process(pid_t pid, base::UniqueFd pidfd, base::UniqueFd out, base::UniqueFd err)
    : pid_(pid), pidfd_(std::move(pidfd)), out_(std::move(out)), err_(std::move(err)) {}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)),
      exit_(other.exit_) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    Kill();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    out_ = std::move(other.out_);
    err_ = std::move(other.err_);
    exit_ = other.exit_;
  }
  return *this;
}

Process::~Process() { Kill(); }

absl::StatusOr<Process> Process::Start(const ProcessOptions& options) {
  const std::string path = options.argv.empty() ? "" : FindProgram(options.argv[0]);
  if (path.empty()) {
    return base::MakeStatus(
        absl::StatusCode::kNotFound,
        (options.argv.empty() ? "no program" : options.argv[0]) + ": not installed");
  }
  std::vector<std::string> argv_texts = options.argv;
  std::vector<std::string> env_texts = Environment(options.env);
  const std::vector<char*> argv = Pointers(argv_texts);
  const std::vector<char*> env = Pointers(env_texts);
  base::UniqueFd out(::memfd_create("stdout", MFD_CLOEXEC));
  base::UniqueFd err(::memfd_create("stderr", MFD_CLOEXEC));
  const ChildSetup setup{.path = path.c_str(),
                         .argv = argv.data(),
                         .env = env.data(),
                         .out = out.get(),
                         .err = err.get(),
                         .parent = ::getpid()};
  const pid_t pid = ::fork();
  if (pid == 0) {
    BecomeChild(setup);
  }
  if (pid < 0) {
    return base::ErrnoStatus(errno, path);
  }
  base::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return Process(pid, std::move(pidfd), std::move(out), std::move(err));
}

bool Process::Running() { return pid_ > 0 && !Wait(absl::ZeroDuration()).ok(); }

absl::StatusOr<int> Process::Wait(absl::Duration timeout) {
  const base::Deadline deadline = base::Deadline::After(timeout);
  while (exit_ < 0) {
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended < 0) {
      return base::ErrnoStatus(errno, "waitpid");
    }
    if (ended == pid_) {
      exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    if (deadline.Expired()) {
      return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "the process still runs");
    }
    pollfd event{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    // valgrind knows no pidfd_open.
    constexpr int kLookAgainMs = 10;
    ::poll(&event, 1, pidfd_.valid() ? PollTimeout(deadline) : kLookAgainMs);
  }
  return exit_;
}

void Process::Signal(int signal) {
  if (pid_ > 0 && exit_ < 0) {
    ::kill(pid_, signal);
  }
}

void Process::Kill() {
  Signal(SIGKILL);
  if (pid_ > 0) {
    static_cast<void>(Wait(absl::InfiniteDuration()));
  }
}

std::string Process::Out() const { return ReadAll(out_.get()); }
std::string Process::Err() const { return ReadAll(err_.get()); }

absl::StatusOr<ProcessResult> RunProcess(const ProcessOptions& options, absl::Duration timeout) {
  ASSIGN_OR_RETURN(Process process, Process::Start(options));
  const absl::StatusOr<int> exit = process.Wait(timeout);
  if (!exit.ok()) {
    return base::MakeStatus(exit.status().code(),
                            options.argv[0] + " did not end; it wrote: " + process.Err());
  }
  return ProcessResult{.exit = *exit, .out = process.Out(), .err = process.Err()};
}

bool IsInstalled(const std::string& program) { return !FindProgram(program).empty(); }

}  // namespace attestd::test
