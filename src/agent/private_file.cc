// SPDX-License-Identifier: Apache-2.0
#include "agent/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/file.h"
#include "base/handle.h"

namespace attestd::agent {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

absl::Status WriteAll(int fd, base::ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) {
      return base::ErrnoStatus(errno, path);
    }
    bytes = bytes.subspan(count > 0 ? static_cast<size_t>(count) : 0);
  }
  return absl::OkStatus();
}

absl::Status WriteNew(const std::string& path, base::ByteView bytes) {
  const base::UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!fd.valid()) {
    return base::ErrnoStatus(errno, path);
  }
  RETURN_IF_ERROR(WriteAll(fd.get(), bytes, path));
  // Whatever the umask was.
  return ::fchmod(fd.get(), kFileMode) == 0 && ::fsync(fd.get()) == 0
             ? absl::OkStatus()
             : base::ErrnoStatus(errno, path);
}

}  // namespace

absl::Status MakeParents(const std::string& path) {
  for (size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    const std::string folder = path.substr(0, end);
    if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
      return base::ErrnoStatus(errno, folder);
    }
  }
  return absl::OkStatus();
}

absl::Status WritePrivateFile(const std::string& path, base::ByteView bytes) {
  RETURN_IF_ERROR(MakeParents(path));
  const std::string fresh = path + ".new";
  if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) {
    return base::ErrnoStatus(errno, fresh);
  }
  absl::Status status = WriteNew(fresh, bytes);
  if (status.ok() && ::rename(fresh.c_str(), path.c_str()) != 0) {
    status = base::ErrnoStatus(errno, path);
  }
  if (!status.ok()) {
    ::unlink(fresh.c_str());
  }
  return status;
}

}  // namespace attestd::agent
