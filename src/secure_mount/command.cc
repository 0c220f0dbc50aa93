// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include "base/file.h"
#include "base/handle.h"
#include "base/log.h"
#include "secure_mount/packet.h"

namespace attestd::secure_mount {
namespace {

constexpr size_t kMaxOutput = size_t{1} << 20;
constexpr size_t kMaxErrors = size_t{4} << 10;
constexpr absl::Duration kPatience = absl::Seconds(5);
constexpr int kTickMs = 200;
constexpr int kDescriptor = 3;

std::optional<std::string> FindProgram(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"}) {
    std::string path = folder + name;
    if (::access(path.c_str(), X_OK) == 0) {
      return path;
    }
  }
  return std::nullopt;
}

// A pipe whose end to read we keep.
struct Drain {
  base::UniqueFd read_end;
  base::UniqueFd write_end;
  std::string text;
  size_t limit = 0;

  static absl::StatusOr<Drain> Create(size_t limit) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      return base::ErrnoStatus(errno, "secure mount: pipe");
    }
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return Drain{.read_end = base::UniqueFd(ends[0]),
                 .write_end = base::UniqueFd(ends[1]),
                 .text = {},
                 .limit = limit};
  }
  // Takes what is there; keeps up to the limit.
  void Read() {
    std::array<char, 4096> block{};
    ssize_t size = 0;
    while ((size = ::read(read_end.get(), block.data(), block.size())) > 0) {
      text.append(block.data(), std::min(static_cast<size_t>(size), limit - text.size()));
    }
    if (size == 0) {
      read_end.reset();
    }
  }
};

// What posix_spawn is told; frees it.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  void Dup(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  absl::StatusOr<pid_t> Spawn(const std::string& path, const Command& command) const {
    std::vector<char*> argv = {const_cast<char*>(command.program.c_str())};
    for (const std::string& argument : command.arguments) {
      argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    static char path_text[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    static char locale_text[] = "LC_ALL=C";
    std::array<char*, 3> environment = {path_text, locale_text, nullptr};
    pid_t pid = -1;
    const int error =
        ::posix_spawn(&pid, path.c_str(), &actions_, &attributes_, argv.data(), environment.data());
    return error == 0 ? absl::StatusOr<pid_t>(pid) : base::ErrnoStatus(error, path);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

absl::StatusOr<base::UniqueFd> OpenInput(base::ByteView input) {
  return input.empty() ? absl::StatusOr<base::UniqueFd>(
                             base::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)))
                       : KeyPipe(input);
}

class Child {
 public:
  Child(pid_t pid, Drain output, Drain errors)
      : pid_(pid),
        end_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        output_(std::move(output)),
        errors_(std::move(errors)) {}

  // Waits for its end; kills it when it has to end earlier.
  absl::Status Await(Interruption& interruption) {
    absl::Status status;
    auto kill_at = base::Deadline::Infinite();
    while (!Ended()) {
      if (status.ok()) {
        status = interruption.Check();
        if (!status.ok()) {
          ::kill(pid_, SIGTERM);
          kill_at = base::Deadline::After(kPatience);
        }
      } else if (kill_at.Expired()) {
        ::kill(pid_, SIGKILL);
      }
      Poll(status.ok() ? interruption.socket() : -1);
    }
    output_.Read();
    errors_.Read();
    return status;
  }
  int code() const { return code_; }
  const std::string& output() const { return output_.text; }
  const std::string& errors() const { return errors_.text; }

 private:
  bool Ended() {
    int state = 0;
    if (::waitpid(pid_, &state, WNOHANG) != pid_) {
      return false;
    }
    code_ = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    return true;
  }
  void Poll(int socket) {
    std::array<pollfd, 4> waiting = {
        pollfd{.fd = end_.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = output_.read_end.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = errors_.read_end.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = socket, .events = POLLIN, .revents = 0}};
    ::poll(waiting.data(), waiting.size(), kTickMs);
    for (Drain* drain : {&output_, &errors_}) {
      if (drain->read_end.valid()) {
        drain->Read();
      }
    }
  }

  const pid_t pid_;
  const base::UniqueFd end_;
  Drain output_;
  Drain errors_;
  int code_ = -1;
};

}  // namespace

absl::Status StepFailed(std::string_view step, std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kMountFailed,
                          "secure mount: " + std::string(step) + ": " + std::string(problem));
}

absl::StatusOr<Ended> Run(const Command& command, Interruption& interruption) {
  RETURN_IF_ERROR(interruption.Check());
  const auto path = FindProgram(command.program);
  if (!path.has_value()) {
    return StepFailed(command.step, command.program + " is not installed");
  }
  ASSIGN_OR_RETURN(const base::UniqueFd input, OpenInput(command.input));
  ASSIGN_OR_RETURN(Drain output, Drain::Create(kMaxOutput));
  ASSIGN_OR_RETURN(Drain errors, Drain::Create(kMaxErrors));
  SpawnPlan plan;
  plan.Dup(input.get(), STDIN_FILENO);
  plan.Dup(output.write_end.get(), STDOUT_FILENO);
  plan.Dup(errors.write_end.get(), STDERR_FILENO);
  if (command.descriptor >= 0) {
    plan.Dup(command.descriptor, kDescriptor);
  }
  ASSIGN_OR_RETURN(const pid_t pid, plan.Spawn(*path, command));
  output.write_end.reset();
  errors.write_end.reset();
  Child child(pid, std::move(output), std::move(errors));
  RETURN_IF_ERROR(child.Await(interruption));
  if (child.code() != 0) {
    base::Log(
        base::Severity::kWarning, "secure mount: a step failed",
        {{"step", command.step}, {"exit", std::to_string(child.code())}, {"said", child.errors()}});
  }
  return Ended{.code = child.code(), .output = child.output()};
}

absl::StatusOr<std::string> RunToSuccess(const Command& command, Interruption& interruption) {
  ASSIGN_OR_RETURN(Ended ended, Run(command, interruption));
  if (ended.code != 0) {
    return StepFailed(command.step, command.program + " ended with " + std::to_string(ended.code) +
                                        "; the log has what it said");
  }
  return std::move(ended.output);
}

}  // namespace attestd::secure_mount
