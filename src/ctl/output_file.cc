// SPDX-License-Identifier: Apache-2.0
#include "ctl/output_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"

namespace attestd::ctl {
namespace {

// A name that nobody else uses or guesses: 64 random bits.
absl::StatusOr<std::string> TemporaryName() {
  std::array<uint8_t, 8> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return base::ErrnoStatus(errno, "getrandom");
  }
  return ".attestctl-" + base::HexEncode(random);
}

// Devices, sockets and directories are never replaced: as root that would take /dev/null away.
absl::Status CheckTarget(int directory, const std::string& name) {
  struct stat info {};
  if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? absl::OkStatus() : base::ErrnoStatus(errno, name);
  }
  if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                            name + ": is there and is not a regular file");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteAll(int fd, base::ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) {
      return base::ErrnoStatus(errno, "write");
    }
    bytes = bytes.subspan(count > 0 ? static_cast<size_t>(count) : 0);
  }
  return absl::OkStatus();
}

PendingFile::PendingFile(std::string name, mode_t mode, base::UniqueFd directory)
    : name_(std::move(name)), mode_(mode), directory_(std::move(directory)) {}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : name_(std::move(other.name_)),
      mode_(other.mode_),
      directory_(std::move(other.directory_)),
      temporary_name_(std::move(other.temporary_name_)),
      file_(std::move(other.file_)),
      on_disk_(std::exchange(other.on_disk_, false)) {}

PendingFile::~PendingFile() {
  if (on_disk_) {
    ::unlinkat(directory_.get(), temporary_name_.c_str(), 0);
  }
}

absl::StatusOr<PendingFile> PendingFile::Create(const FileSpec& spec) {
  const size_t slash = spec.path.rfind('/');
  const std::string name = slash == std::string::npos ? spec.path : spec.path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, spec.path + ": names no file");
  }
  // "/name" lies in "/", "name" in ".".
  const std::string folder =
      slash == std::string::npos ? "." : spec.path.substr(0, slash == 0 ? 1 : slash);
  base::UniqueFd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) {
    return base::ErrnoStatus(errno, folder);
  }
  RETURN_IF_ERROR(CheckTarget(directory.get(), name));
  PendingFile pending(name, spec.mode, std::move(directory));
  RETURN_IF_ERROR(pending.Open(spec.owner));
  return pending;
}

absl::Status PendingFile::Open(const std::optional<Owner>& owner) {
  ASSIGN_OR_RETURN(temporary_name_, TemporaryName());
  // The descriptor may write whatever the mode says, as this call makes the file (open(2)).
  file_.reset(::openat(directory_.get(), temporary_name_.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600 & mode_));
  if (!file_.valid()) {
    return base::ErrnoStatus(errno, temporary_name_);
  }
  on_disk_ = true;
  if (owner.has_value() && ::fchown(file_.get(), owner->uid, owner->gid) != 0) {
    return base::ErrnoStatus(errno, "change the owner");
  }
  return absl::OkStatus();
}

absl::Status PendingFile::Write(base::ByteView bytes) { return WriteAll(file_.get(), bytes); }

absl::Status PendingFile::Commit() {
  if (::fchmod(file_.get(), mode_) != 0) {
    return base::ErrnoStatus(errno, "change the mode");
  }
  if (::fsync(file_.get()) != 0) {
    return base::ErrnoStatus(errno, "fsync");
  }
  if (::renameat(directory_.get(), temporary_name_.c_str(), directory_.get(), name_.c_str()) != 0) {
    return base::ErrnoStatus(errno, "rename to " + name_);
  }
  on_disk_ = false;
  if (::fsync(directory_.get()) != 0) {
    return base::ErrnoStatus(errno, "fsync of the directory");
  }
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const FileSpec& spec, base::ByteView bytes) {
  ASSIGN_OR_RETURN(PendingFile file, PendingFile::Create(spec));
  RETURN_IF_ERROR(file.Write(bytes));
  return file.Commit();
}

}  // namespace attestd::ctl
