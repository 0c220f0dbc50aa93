// SPDX-License-Identifier: Apache-2.0
#include "ctl/output_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "test/support/temp_dir.h"

namespace attestd::ctl {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

class ScopedUmask {
 public:
  explicit ScopedUmask(mode_t mask) : old_(::umask(mask)) {}
  ~ScopedUmask() { ::umask(old_); }
  ScopedUmask(const ScopedUmask&) = delete;
  ScopedUmask& operator=(const ScopedUmask&) = delete;

 private:
  mode_t old_;
};

// Writes beyond `bytes` fail with EFBIG while this lives.
class ScopedFileSizeLimit {
 public:
  explicit ScopedFileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~ScopedFileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    static_cast<void>(std::signal(SIGXFSZ, old_handler_));
  }
  ScopedFileSizeLimit(const ScopedFileSizeLimit&) = delete;
  ScopedFileSizeLimit& operator=(const ScopedFileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

struct stat Stat(const std::string& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info;
}

struct stat StatFd(int fd) {
  struct stat info {};
  REQUIRE(::fstat(fd, &info) == 0);
  return info;
}

mode_t Mode(const std::string& path) { return Stat(path).st_mode & 07777; }

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

size_t Count(const std::string& directory) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

TEST_CASE("PendingFile is never open to more than it was asked for, at any step") {
  const mode_t mask = GENERATE(0000U, 0022U, 0077U, 0777U);
  const mode_t mode = GENERATE(0000U, 0400U, 0600U, 0440U, 0644U, 0777U);
  const ScopedUmask umask(mask);
  const TempDir dir;
  const std::string path = dir.File("secret");
  auto file = PendingFile::Create({.path = path, .mode = mode, .owner = {}});
  REQUIRE(file.ok());
  CHECK(StatFd(file->descriptor()).st_mode == (S_IFREG | (0600 & mode & ~mask)));
  REQUIRE(file->Write(base::AsBytes("bytes")).ok());
  CHECK(StatFd(file->descriptor()).st_mode == (S_IFREG | (0600 & mode & ~mask)));
  CHECK_FALSE(fs::exists(path));
  REQUIRE(file->Commit().ok());
  CHECK(Mode(path) == mode);
  CHECK(Stat(path).st_size == 5);
  CHECK(Count(dir.path()) == 1);
}

TEST_CASE("WriteFileAtomically writes every size byte for byte") {
  const size_t size = GENERATE(0U, 1U, 4097U, 1U << 20);
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; i += 3) {
    bytes[i] = static_cast<char>(i);
  }
  const TempDir dir;
  REQUIRE(
      WriteFileAtomically({.path = dir.File("f"), .mode = 0600, .owner = {}}, base::AsBytes(bytes))
          .ok());
  CHECK(Content(dir.File("f")) == bytes);
}

TEST_CASE("WriteFileAtomically replaces a file and keeps its old bytes until then") {
  const TempDir dir;
  const std::string path = dir.File("f");
  std::ofstream(path) << "old";
  auto file = PendingFile::Create({.path = path, .mode = 0400, .owner = {}});
  REQUIRE(file.ok());
  REQUIRE(file->Write(base::AsBytes("new")).ok());
  CHECK(Content(path) == "old");
  REQUIRE(file->Commit().ok());
  CHECK(Content(path) == "new");
  CHECK(Mode(path) == 0400);
}

TEST_CASE("WriteFileAtomically replaces a symbolic link and leaves what it points to") {
  const TempDir dir;
  std::ofstream(dir.File("elsewhere")) << "untouched";
  const std::string target = GENERATE(std::string("elsewhere"), std::string("nowhere"));
  fs::create_symlink(target, dir.File("f"));
  REQUIRE(WriteFileAtomically({.path = dir.File("f"), .mode = 0400, .owner = {}},
                              base::AsBytes("secret"))
              .ok());
  CHECK(S_ISREG(Stat(dir.File("f")).st_mode));
  CHECK(Content(dir.File("f")) == "secret");
  CHECK(Content(dir.File("elsewhere")) == "untouched");
  CHECK_FALSE(fs::exists(dir.File("nowhere")));
}

TEST_CASE("PendingFile that is given up leaves nothing") {
  const TempDir dir;
  {
    auto file = PendingFile::Create({.path = dir.File("f"), .mode = 0400, .owner = {}});
    REQUIRE(file.ok());
    REQUIRE(file->Write(base::AsBytes("secret")).ok());
    REQUIRE(file->Settle().ok());
    CHECK_FALSE(fs::exists(dir.File("f")));
  }
  CHECK(Count(dir.path()) == 0);
}

TEST_CASE("WriteFileAtomically that fails half way leaves nothing new and the old file whole") {
  const TempDir dir;
  std::ofstream(dir.File("f")) << "old";
  const std::string bytes(10000, 'x');
  absl::Status status;
  {
    const ScopedFileSizeLimit limit(4096);
    status = WriteFileAtomically({.path = dir.File("f"), .mode = 0400, .owner = {}},
                                 base::AsBytes(bytes));
  }
  CHECK_FALSE(status.ok());
  CHECK(Count(dir.path()) == 1);
  CHECK(Content(dir.File("f")) == "old");
}

TEST_CASE("WriteFileAtomically gives the file to the owner asked for") {
  if (::geteuid() != 0) {
    WARN("SKIPPED: only root gives files away");
    return;
  }
  const TempDir dir;
  const FileSpec spec{.path = dir.File("f"), .mode = 0440, .owner = Owner{.uid = 12, .gid = 34}};
  auto file = PendingFile::Create(spec);
  REQUIRE(file.ok());
  // Already before the first byte.
  CHECK(StatFd(file->descriptor()).st_uid == 12);
  REQUIRE(file->Write(base::AsBytes("secret")).ok());
  REQUIRE(file->Commit().ok());
  CHECK(Stat(dir.File("f")).st_uid == 12);
  CHECK(Stat(dir.File("f")).st_gid == 34);
  CHECK(Mode(dir.File("f")) == 0440);
}

TEST_CASE("PendingFile refuses targets that are no file") {
  const TempDir dir;
  fs::create_directory(dir.File("directory"));
  REQUIRE(::mkfifo(dir.File("fifo").c_str(), 0600) == 0);
  const std::string name = GENERATE("directory", "fifo", "directory/", "directory/..", "absent/f");
  CHECK_FALSE(PendingFile::Create({.path = dir.File(name), .mode = 0400, .owner = {}}).ok());
  CHECK(Count(dir.path()) == 2);
  CHECK(Count(dir.File("directory")) == 0);
}

TEST_CASE("WriteAll reports a reader that went away") {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const base::UniqueFd writer(ends[1]);
  ::close(ends[0]);
  const auto old = std::signal(SIGPIPE, SIG_IGN);
  CHECK_FALSE(WriteAll(writer.get(), base::AsBytes("x")).ok());
  REQUIRE(std::signal(SIGPIPE, old) != SIG_ERR);
}

}  // namespace
}  // namespace attestd::ctl
