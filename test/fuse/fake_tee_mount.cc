// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/fake_tee_mount.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <absl/time/clock.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/deadline.h"
#include "base/file.h"
#include "base/handle.h"

namespace attestd::fake_tee {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

}  // namespace

std::string FakeTeeMount::WhyNot() {
  const base::UniqueFd fd(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!fd.valid()) {
    return std::string(base::ErrnoStatus(errno, "/dev/fuse").message());
  }
  return ::geteuid() == 0 ? "" : "mounting and reading the caller's memory need root";
}

absl::StatusOr<FakeTeeMount> FakeTeeMount::Start(const std::string& provider,
                                                 std::vector<std::string> options) {
  auto folder = std::make_unique<test::TempDir>();
  const std::string mount = folder->File("mount");
  if (::mkdir(mount.c_str(), 0755) != 0) {
    return base::ErrnoStatus(errno, mount);
  }
  std::vector<std::string> argv = {ATTESTD_FAKE_TEE_FS, "--mount", mount,
                                   "--provider",        provider,  "--keys",
                                   folder->File("keys")};
  argv.insert(argv.end(), options.begin(), options.end());
  ASSIGN_OR_RETURN(test::Process process, test::Process::Start({.argv = argv, .env = {}}));
  FakeTeeMount started(std::move(folder), std::move(process));
  const base::Deadline deadline = base::Deadline::After(kPatience);
  while (::access(started.report_root().c_str(), F_OK) != 0) {
    if (!started.process_.process.Running() || deadline.Expired()) {
      return base::MakeStatus(absl::StatusCode::kInternal,
                              "attestd-fake-tee-fs: " + started.process_.process.Err());
    }
    absl::SleepFor(absl::Milliseconds(2));
  }
  return started;
}

FakeTeeMount::Unmount::~Unmount() {
  if (!process.Running()) {
    return;
  }
  // It unmounts at SIGTERM, and fusermount3 does so for it should it be killed.
  process.Signal(SIGTERM);
  static_cast<void>(process.Wait(kPatience));
}

absl::Status FakeTeeMount::Control(const std::string& commands) const {
  const base::UniqueFd fd(::open(File("control").c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid() ||
      !std::cmp_equal(::write(fd.get(), commands.data(), commands.size()), commands.size())) {
    return base::ErrnoStatus(errno, "control: " + commands);
  }
  return absl::OkStatus();
}

int FakeTeeMount::Count(const std::string& where) const {
  std::ifstream control(File("control"));
  std::string word;
  int count = 0;
  while (control >> word >> count) {
    if (word == where) {
      return count;
    }
  }
  return 0;
}

std::vector<std::string> FakeTeeMount::Reports() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(report_root())) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

}  // namespace attestd::fake_tee
