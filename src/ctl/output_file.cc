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
  return std::string(kTemporaryPrefix) + base::HexEncode(random);
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

// What open(2) says of O_TMPFILE where the file system or the kernel does not know it.
bool NeedsName(int error) { return error == EOPNOTSUPP || error == EISDIR || error == EINVAL; }

}  // namespace

PathParts SplitPath(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) {
    return {.folder = ".", .name = path};
  }
  return {.folder = path.substr(0, slash == 0 ? 1 : slash), .name = path.substr(slash + 1)};
}

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

PendingFile::PendingFile(PathParts target, mode_t mode, base::UniqueFd directory)
    : target_(std::move(target)), mode_(mode), directory_(std::move(directory)) {}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : target_(std::move(other.target_)),
      mode_(other.mode_),
      directory_(std::move(other.directory_)),
      file_(std::move(other.file_)),
      temporary_(std::exchange(other.temporary_, {})),
      old_(std::exchange(other.old_, {})),
      published_(std::exchange(other.published_, false)) {}

PendingFile::~PendingFile() {
  if (!temporary_.empty()) {
    ::unlinkat(directory_.get(), temporary_.c_str(), 0);
  }
  if (!old_.empty()) {
    // Where nothing was published both names are the same file, and this drops neither.
    ::renameat(directory_.get(), old_.c_str(), directory_.get(), target_.name.c_str());
    ::unlinkat(directory_.get(), old_.c_str(), 0);
  } else if (published_) {
    ::unlinkat(directory_.get(), target_.name.c_str(), 0);
  }
}

absl::StatusOr<PendingFile> PendingFile::Create(const FileSpec& spec) {
  PathParts target = SplitPath(spec.path);
  if (target.name.empty() || target.name == "." || target.name == "..") {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, spec.path + ": names no file");
  }
  base::UniqueFd directory(::open(target.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) {
    return base::ErrnoStatus(errno, target.folder);
  }
  RETURN_IF_ERROR(CheckTarget(directory.get(), target.name));
  PendingFile pending(std::move(target), spec.mode, std::move(directory));
  RETURN_IF_ERROR(pending.Open(spec.owner));
  return pending;
}

absl::Status PendingFile::Open(const std::optional<Owner>& owner) {
  // The descriptor may write whatever the mode says, as this call makes the file (open(2)).
  file_.reset(::openat(directory_.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600 & mode_));
  if (!file_.valid() && NeedsName(errno)) {
    ASSIGN_OR_RETURN(std::string name, TemporaryName());
    file_.reset(::openat(directory_.get(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600 & mode_));
    temporary_ = file_.valid() ? std::move(name) : "";
  }
  if (!file_.valid()) {
    return base::ErrnoStatus(errno, target_.folder + ": make a file");
  }
  if (owner.has_value() && ::fchown(file_.get(), owner->uid, owner->gid) != 0) {
    return base::ErrnoStatus(errno, "change the owner");
  }
  return absl::OkStatus();
}

absl::Status PendingFile::Write(base::ByteView bytes) { return WriteAll(file_.get(), bytes); }

absl::Status PendingFile::Settle() {
  if (::fchmod(file_.get(), mode_) != 0) {
    return base::ErrnoStatus(errno, "change the mode");
  }
  if (::fsync(file_.get()) != 0) {
    return base::ErrnoStatus(errno, "fsync");
  }
  return absl::OkStatus();
}

absl::Status PendingFile::LinkAs(const std::string& name) const {
  // Linking a descriptor itself takes a capability; by its name in /proc it does not (open(2)).
  const std::string file = "/proc/self/fd/" + std::to_string(file_.get());
  if (::linkat(AT_FDCWD, file.c_str(), directory_.get(), name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return base::ErrnoStatus(errno, "link as " + name);
  }
  return absl::OkStatus();
}

absl::Status PendingFile::KeepOld() {
  ASSIGN_OR_RETURN(std::string name, TemporaryName());
  if (::linkat(directory_.get(), target_.name.c_str(), directory_.get(), name.c_str(), 0) == 0) {
    old_ = std::move(name);
    return absl::OkStatus();
  }
  return errno == ENOENT ? absl::OkStatus()
                         : base::ErrnoStatus(errno, "keep the old " + target_.name);
}

absl::Status PendingFile::Replace() {
  if (temporary_.empty()) {
    const absl::Status linked = LinkAs(target_.name);
    if (linked.ok() || !absl::IsAlreadyExists(linked)) {
      return linked;
    }
    ASSIGN_OR_RETURN(std::string name, TemporaryName());
    RETURN_IF_ERROR(LinkAs(name));
    temporary_ = std::move(name);
  }
  if (::renameat(directory_.get(), temporary_.c_str(), directory_.get(), target_.name.c_str()) !=
      0) {
    return base::ErrnoStatus(errno, "rename to " + target_.name);
  }
  temporary_.clear();
  return absl::OkStatus();
}

absl::Status PendingFile::Publish(bool keep_old) {
  RETURN_IF_ERROR(CheckTarget(directory_.get(), target_.name));
  if (keep_old) {
    RETURN_IF_ERROR(KeepOld());
  }
  RETURN_IF_ERROR(Replace());
  published_ = true;
  return absl::OkStatus();
}

absl::Status PendingFile::Keep() {
  published_ = false;
  if (!old_.empty()) {
    ::unlinkat(directory_.get(), std::exchange(old_, {}).c_str(), 0);
  }
  if (::fsync(directory_.get()) != 0) {
    return base::ErrnoStatus(errno, "fsync of the directory");
  }
  return absl::OkStatus();
}

absl::Status PendingFile::Commit() {
  RETURN_IF_ERROR(Settle());
  RETURN_IF_ERROR(Publish(false));
  return Keep();
}

bool PendingFile::SameTarget(const PendingFile& other) const {
  struct stat here {};
  struct stat there {};
  return target_.name == other.target_.name && ::fstat(directory_.get(), &here) == 0 &&
         ::fstat(other.directory_.get(), &there) == 0 && here.st_dev == there.st_dev &&
         here.st_ino == there.st_ino;
}

absl::Status WriteFileAtomically(const FileSpec& spec, base::ByteView bytes) {
  ASSIGN_OR_RETURN(PendingFile file, PendingFile::Create(spec));
  RETURN_IF_ERROR(file.Write(bytes));
  return file.Commit();
}

}  // namespace attestd::ctl
