// SPDX-License-Identifier: Apache-2.0
#include "agent/unix_listener.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/socket_address.h"
#include "base/text.h"

namespace attestd::agent {
namespace {

using base::MakeStatus;
using base::UniqueFd;

constexpr int kBacklog = 512;

std::string LockPath(const std::string& path) { return path + ".lock"; }

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
  ASSIGN_OR_RETURN(const base::SocketAddress address, base::UnixAddress(path));
  if (::connect(probe.get(), address.get(), address.size) == 0 || errno != ECONNREFUSED) {
    return InUse(path);
  }
  return ::unlink(path.c_str()) == 0 ? absl::OkStatus() : base::ErrnoStatus(errno, path);
}

constexpr size_t kMaxEntry = size_t{16} << 10;  // of passwd(5) and group(5)

// A number, or a name that `look_up` knows.
template <typename LookUp>
absl::StatusOr<unsigned> ReadId(const std::string& word, const LookUp& look_up) {
  unsigned id = 0;
  const char* const end = word.data() + word.size();
  if (const auto parsed = std::from_chars(word.data(), end, id); parsed.ptr == end) {
    return id;
  }
  std::vector<char> buffer(kMaxEntry);
  const std::optional<unsigned> found = look_up(word.c_str(), buffer);
  return found.has_value() ? absl::StatusOr<unsigned>(*found)
                           : MakeStatus(absl::StatusCode::kInvalidArgument,
                                        "owner: there is no " + base::Escaped(word));
}

std::optional<unsigned> FindUser(const char* name, std::vector<char>& buffer) {
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::optional<unsigned>(found->pw_uid) : std::nullopt;
}

std::optional<unsigned> FindGroup(const char* name, std::vector<char>& buffer) {
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::optional<unsigned>(found->gr_gid) : std::nullopt;
}

absl::Status GiveTo(const std::string& path, const std::string& owner) {
  const size_t colon = owner.find(':');
  const std::string user = owner.substr(0, colon);
  const std::string group = colon == std::string::npos ? "" : owner.substr(colon + 1);
  auto uid = static_cast<uid_t>(-1);
  auto gid = static_cast<gid_t>(-1);
  if (!user.empty()) {
    ASSIGN_OR_RETURN(uid, ReadId(user, FindUser));
  }
  if (!group.empty()) {
    ASSIGN_OR_RETURN(gid, ReadId(group, FindGroup));
  }
  if (::lchown(path.c_str(), uid, gid) == 0) {
    return absl::OkStatus();
  }
  if (errno != EPERM) {
    return base::ErrnoStatus(errno, path);
  }
  return MakeStatus(absl::StatusCode::kFailedPrecondition,
                    path + ": owner " + base::Escaped(owner) +
                        ": attestd may not give it away; name a group that it is in, or let a "
                        "socket unit of systemd make it (SocketUser=, systemd_socket)");
}

}  // namespace

UnixListener::UnixListener(std::string path, UniqueFd lock, UniqueFd socket)
    : path_(std::move(path)), lock_(std::move(lock)), socket_(std::move(socket)) {}

absl::StatusOr<UnixListener> UnixListener::Create(const std::string& path, mode_t mode,
                                                  const std::string& owner) {
  ASSIGN_OR_RETURN(const base::SocketAddress address, base::UnixAddress(path));
  ASSIGN_OR_RETURN(UniqueFd lock, TakeLock(path));
  RETURN_IF_ERROR(ClearPath(path));
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid() || ::bind(socket.get(), address.get(), address.size) != 0) {
    return base::ErrnoStatus(errno, path);
  }
  UnixListener listener(path, std::move(lock), std::move(socket));
  if (!owner.empty()) {
    RETURN_IF_ERROR(GiveTo(path, owner));
  }
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
