// SPDX-License-Identifier: Apache-2.0
#include "base/peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "base/file.h"

namespace attestd::base {
namespace {

// include/uapi/asm-generic/socket.h since Linux 6.5.
constexpr int kPeerPidFd = 77;
constexpr size_t kMaxCgroupFile = size_t{64} << 10;
constexpr size_t kContainerIdSize = 64;

absl::StatusOr<UniqueFd> OpenPeer(int socket, pid_t pid) {
  int fd = -1;
  socklen_t size = sizeof fd;
  if (::getsockopt(socket, SOL_SOCKET, kPeerPidFd, &fd, &size) == 0) {
    return UniqueFd(fd);
  }
  if (errno != ENOPROTOOPT) {
    return ErrnoStatus(errno, "SO_PEERPIDFD");
  }
  UniqueFd opened(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!opened.valid()) {
    return ErrnoStatus(errno, "pidfd_open");
  }
  return opened;
}

// A descriptor of a process is readable once that has ended.
bool HasEnded(const UniqueFd& process) {
  pollfd waiting = {.fd = process.get(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) != 0;
}

// The line of cgroup v2, "0::/path".
std::string UnifiedPath(std::string_view text) {
  constexpr std::string_view kPrefix = "0::";
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(kPrefix)) {
      return std::string(line.substr(kPrefix.size()));
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return "";
}

}  // namespace

absl::StatusOr<std::optional<Peer>> ReadPeer(int socket) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) {
    return ErrnoStatus(errno, "SO_DOMAIN");
  }
  if (domain != AF_UNIX) {
    return std::nullopt;
  }
  ucred peer{};
  size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return ErrnoStatus(errno, "SO_PEERCRED");
  }
  return Peer{.uid = peer.uid, .gid = peer.gid, .pid = peer.pid};
}

absl::StatusOr<std::string> ReadPeerCgroup(int socket, const Peer& peer) {
  const absl::Status unseen = MakeStatus(absl::StatusCode::kUnavailable,
                                         "the kernel shows no process behind the connection");
  if (peer.pid == 0) {
    return unseen;
  }
  ASSIGN_OR_RETURN(const UniqueFd process, OpenPeer(socket, peer.pid));
  const auto text = ReadFile("/proc/" + std::to_string(peer.pid) + "/cgroup", kMaxCgroupFile);
  // What was read is of that process if it still lives: nobody else had its number meanwhile.
  if (!text.ok() || HasEnded(process)) {
    return unseen;
  }
  return UnifiedPath(*text);
}

std::string ContainerId(std::string_view cgroup) {
  const auto is_hex = [](unsigned char c) {
    return std::isdigit(c) != 0 || (c >= 'a' && c <= 'f');
  };
  // The innermost: a container may run in one.
  for (auto end = cgroup.end(); end != cgroup.begin(); --end) {
    const auto begin =
        std::find_if_not(std::make_reverse_iterator(end), cgroup.rend(), is_hex).base();
    if (static_cast<size_t>(end - begin) == kContainerIdSize) {
      return {begin, end};
    }
    if (begin != end) {
      end = begin;
      if (end == cgroup.begin()) {
        break;
      }
    }
  }
  return "";
}

}  // namespace attestd::base
