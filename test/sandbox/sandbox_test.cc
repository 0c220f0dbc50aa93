// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <thread>

#include "sandbox/system_calls.h"
#include "test/support/temp_dir.h"

namespace attestd::sandbox {
namespace {

// The exit status of a process that enters the sandbox and then does this; -1 when it was killed.
int InSandbox(const Needs& needs, const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::_exit(Enter(needs).ok() ? work() : 100);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// 0 or errno of an open.
int TryToOpen(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  const int error = fd >= 0 ? 0 : errno;
  ::close(fd);
  return error;
}

std::string StatusLine(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) {
      return line.substr(line.find_first_not_of(" \t", key.size() + 1));
    }
  }
  return "";
}

TEST_CASE("The lists of system calls have each name once") {
  std::set<std::string> names;
  size_t count = 0;
  for (const auto& list : {AllowedCalls(), DeadlyCalls(), ProgramCalls()}) {
    names.insert(list.begin(), list.end());
    count += list.size();
  }
  CHECK(names.size() == count);
}

TEST_CASE("In the sandbox a process has no capability, a filter, and no way to more") {
  const Needs needs{
      .grants = {{.path = "/proc", .access = Access::kRead}}, .seccomp = {}, .landlock = {}};
  CHECK(InSandbox(needs, [] {
          const std::string none(16, '0');
          for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
            if (StatusLine(set) != none) {
              return 1;
            }
          }
          return StatusLine("NoNewPrivs") == "1" && StatusLine("Seccomp") == "2" ? 0 : 2;
        }) == 0);
}

TEST_CASE("Enter refuses a process that has threads already") {
  std::atomic<bool> end{false};
  std::thread thread([&] { end.wait(false); });
  const absl::StatusOr<Entered> entered = Enter({});
  end = true;
  end.notify_all();
  thread.join();
  CHECK(entered.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(StatusLine("Seccomp") == "0");
}

TEST_CASE("Files are what was granted") {
  if (LandlockVersion() == 0) {
    WARN("SKIPPED: this kernel has no Landlock");
    return;
  }
  const test::TempDir dir;
  const std::string root = dir.path();
  for (const char* folder : {"/read", "/write", "/other"}) {
    REQUIRE(::mkdir((root + folder).c_str(), 0700) == 0);
    std::ofstream(root + folder + "/file") << "x";
  }
  const Needs needs{.grants = {{.path = root + "/read", .access = Access::kRead},
                               {.path = root + "/write", .access = Access::kWrite},
                               {.path = root + "/other", .access = Access::kRemove}},
                    .seccomp = {},
                    .landlock = {}};
  const auto in = [&](const std::string& path, int flags) {
    return InSandbox(needs, [&] { return TryToOpen(root + path, flags); });
  };
  CHECK(in("/read/file", O_RDONLY) == 0);
  CHECK(in("/read", O_RDONLY | O_DIRECTORY) == 0);
  CHECK(in("/read/file", O_WRONLY) == EACCES);
  CHECK(in("/read/new", O_WRONLY | O_CREAT) == EACCES);
  CHECK(in("/write/file", O_RDWR | O_TRUNC) == 0);
  CHECK(in("/write/new", O_WRONLY | O_CREAT) == 0);
  CHECK(in("/other/file", O_RDONLY) == EACCES);
  CHECK(InSandbox(needs, [&] { return ::unlink((root + "/other/file").c_str()); }) == 0);
  // The control: outside of it nothing of this is refused.
  CHECK(TryToOpen(root + "/read/new", O_WRONLY | O_CREAT) == 0);
}

TEST_CASE("A path that is not there yet is granted by the folder above, which is told") {
  const test::TempDir dir;
  const std::string root = dir.path();
  const Needs needs{.grants = {{.path = root + "/a/b", .access = Access::kWrite},
                               {.path = "/no-such/folder", .access = Access::kRead}},
                    .seccomp = {},
                    .landlock = {}};
  const pid_t pid = ::fork();
  if (pid == 0) {
    const absl::StatusOr<Entered> entered = Enter(needs);
    const bool told = entered.ok() && entered->wider.size() == 2 &&
                      entered->wider[0].granted == root && entered->wider[1].granted.empty();
    ::_exit(told && ::mkdir((root + "/a").c_str(), 0700) == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("A program is not started: the process dies, or is refused where that is asked for") {
  const auto start = [] { return ::execl("/bin/true", "true", nullptr) == -1 ? errno : 0; };
  CHECK(InSandbox({}, start) == -1);
  CHECK(InSandbox({.grants = {}, .seccomp = {.refuse_programs = true}, .landlock = {}}, start) ==
        EPERM);
}

}  // namespace
}  // namespace attestd::sandbox
