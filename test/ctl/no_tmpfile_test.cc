// SPDX-License-Identifier: Apache-2.0
// Files on a file system that knows no O_TMPFILE: the kernel says so to a child of this test.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "base/handle.h"
#include "ctl/output_set.h"
#include "test/support/temp_dir.h"

namespace attestd::ctl {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

// openat(2) with O_TMPFILE fails with EOPNOTSUPP from here on.
bool ForbidTmpfile() {
  constexpr uint32_t kTmpfile = O_TMPFILE & ~O_DIRECTORY;
  std::array<sock_filter, 6> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kTmpfile, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    return false;
  }
  // Itself the proof that it is refused; elsewhere the tests of files use it.
  const base::UniqueFd refused(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  return !refused.valid() && errno == EOPNOTSUPP;
}

// Whether `holds` is true in a child without O_TMPFILE.
bool InChild(const std::function<bool()>& holds) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(ForbidTmpfile() && holds() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

size_t Count(const std::string& directory) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

FileContent File(const std::string& path, std::string_view bytes) {
  return {.spec = {.path = path, .mode = 0400, .owner = {}}, .bytes = base::AsBytes(bytes)};
}

TEST_CASE("without O_TMPFILE files appear together or not at all too") {
  const TempDir dir;
  std::ofstream(dir.File("old")) << "before";
  const std::vector<FileContent> files = {File(dir.File("old"), "1"), File(dir.File("new"), "2")};
  CHECK(InChild([&] {
    // What is not yet published lies beside its target.
    return absl::IsAborted(WriteFilesTogether(files, [&] { return Count(dir.path()) == 3; }));
  }));
  CHECK(Count(dir.path()) == 1);
  CHECK(Content(dir.File("old")) == "before");
  CHECK(InChild([&] { return WriteFilesTogether(files, [] { return false; }).ok(); }));
  CHECK(Count(dir.path()) == 2);
  CHECK(Content(dir.File("old")) == "1");
  CHECK(Content(dir.File("new")) == "2");
}

TEST_CASE("without O_TMPFILE a file is open to nobody else until it has its name") {
  const TempDir dir;
  CHECK(InChild([&] {
    ::umask(0);
    auto file = PendingFile::Create({.path = dir.File("f"), .mode = 0644, .owner = {}});
    const auto entry = fs::directory_iterator(dir.path());
    return file.ok() && entry != fs::directory_iterator() &&
           entry->path().filename().string().starts_with(kTemporaryPrefix) &&
           entry->status().permissions() == fs::perms(0600);
  }));
  CHECK(Count(dir.path()) == 0);
}

}  // namespace
}  // namespace attestd::ctl
