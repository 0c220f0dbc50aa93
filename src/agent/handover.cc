// SPDX-License-Identifier: Apache-2.0
#include "agent/handover.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/peer.h"

namespace attestd::agent {
namespace {

constexpr std::string_view kVerb = "LISTEN rest ";
constexpr size_t kMaxMessage = 64;
// More than one is an error, and must not leak.
constexpr size_t kMaxSockets = 4;

absl::Status Bad(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, what);
}

absl::Status CheckPeer(const base::UniqueFd& connection) {
  ASSIGN_OR_RETURN(const std::optional<base::Peer> peer, base::ReadPeer(connection.get()));
  if (!peer.has_value() || (peer->uid != 0 && peer->uid != ::geteuid())) {
    return base::MakeStatus(absl::StatusCode::kPermissionDenied,
                            "only root and attestd's own user may pass a socket");
  }
  return absl::OkStatus();
}

// The descriptors of a message, each owned.
std::vector<base::UniqueFd> TakeDescriptors(msghdr& message) {
  std::vector<base::UniqueFd> owned;
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(one) + i * sizeof fd, sizeof fd);
      owned.emplace_back(fd);
    }
  }
  return owned;
}

}  // namespace

absl::Status SendHandover(const base::UniqueFd& connection, const base::UniqueFd& socket,
                          std::string_view features) {
  std::string text = std::string(kVerb) + std::string(features) + "\n";
  iovec part = {.iov_base = text.data(), .iov_len = text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = socket.get();
  std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  if (::sendmsg(connection.get(), &message, MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    return base::ErrnoStatus(errno, "passing the socket");
  }
  return absl::OkStatus();
}

absl::StatusOr<Handover> ReceiveHandover(const base::UniqueFd& connection) {
  std::array<char, kMaxMessage> text{};
  iovec part = {.iov_base = text.data(), .iov_len = text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxSockets * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(connection.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) {
    return base::ErrnoStatus(errno, "recvmsg");
  }
  std::vector<base::UniqueFd> sockets = TakeDescriptors(message);
  RETURN_IF_ERROR(CheckPeer(connection));
  const std::string_view line(text.data(), static_cast<size_t>(size));
  if (!line.starts_with(kVerb) || !line.ends_with('\n') || sockets.size() != 1) {
    return Bad("expected \"LISTEN rest FEATURES\" and one socket");
  }
  const std::string_view features = line.substr(kVerb.size(), line.size() - kVerb.size() - 1);
  return Handover{.socket = std::move(sockets.front()), .features = std::string(features)};
}

}  // namespace attestd::agent
