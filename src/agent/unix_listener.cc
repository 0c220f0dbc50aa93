// SPDX-License-Identifier: Apache-2.0
#include "agent/unix_listener.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"

namespace attestd::agent {
namespace {

using base::MakeStatus;
using base::UniqueFd;

constexpr int kBacklog = 512;

std::string LockPath(const std::string& path) { return path + ".lock"; }

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

absl::Status InUse(const std::string& path) {
  return MakeStatus(absl::StatusCode::kAlreadyExists,
                    path + ": another process listens there; stop it or choose another path");
}

absl::StatusOr<UniqueFd> TakeLock(const std::string& path) {
  const std::string lock_path = LockPath(path);
  UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) {
    return base::ErrnoStatus(errno, lock_path);
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? InUse(path) : base::ErrnoStatus(errno, lock_path);
  }
  // An owner that is just ending removes the file while we open it: that lock guards nothing.
  struct stat info {};
  if (::fstat(lock.get(), &info) != 0 || info.st_nlink == 0) {
    return InUse(path);
  }
  return lock;
}

// Removes a dead socket of ours; refuses everything else. We hold the lock.
absl::Status ClearPath(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus() : base::ErrnoStatus(errno, path);
  }
  if (!S_ISSOCK(info.st_mode) || info.st_uid != ::geteuid()) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition,
                      path +
                          ": something that is not attestd's socket is in the way; it was left "
                          "alone, remove it or choose another path");
  }
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = Address(path);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno != ECONNREFUSED) {
    return InUse(path);
  }
  return ::unlink(path.c_str()) == 0 ? absl::OkStatus() : base::ErrnoStatus(errno, path);
}

}  // namespace

UnixListener::UnixListener(std::string path, UniqueFd lock, UniqueFd socket)
    : path_(std::move(path)), lock_(std::move(lock)), socket_(std::move(socket)) {}

absl::StatusOr<UnixListener> UnixListener::Create(const std::string& path, mode_t mode) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, path + ": longer than 107 bytes");
  }
  ASSIGN_OR_RETURN(UniqueFd lock, TakeLock(path));
  RETURN_IF_ERROR(ClearPath(path));
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = Address(path);
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return base::ErrnoStatus(errno, path);
  }
  UnixListener listener(path, std::move(lock), std::move(socket));
  // Nobody can connect before listen, so the mode is never wider than asked.
  if (::chmod(path.c_str(), mode) != 0 || ::listen(listener.fd(), kBacklog) != 0) {
    return base::ErrnoStatus(errno, path);
  }
  return listener;
}

UnixListener::~UnixListener() {
  if (socket_.valid()) {
    ::unlink(path_.c_str());
    ::unlink(LockPath(path_).c_str());
  }
}

}  // namespace attestd::agent
