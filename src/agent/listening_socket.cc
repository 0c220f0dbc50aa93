// SPDX-License-Identifier: Apache-2.0
#include "agent/listening_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/file.h"
#include "base/socket_address.h"

namespace attestd::agent {
namespace {

constexpr int kBacklog = 512;

// The descriptors that systemd passed (sd_listen_fds(3)), with their names.
std::vector<std::pair<std::string, int>> Passed() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(0, &names);
  std::vector<std::pair<std::string, int>> passed;
  // NOLINTBEGIN(cppcoreguidelines-no-malloc): systemd's, which says free(3)
  for (int i = 0; i < count; ++i) {
    passed.emplace_back(names[i], SD_LISTEN_FDS_START + i);
    ::free(names[i]);
  }
  ::free(names);
  // NOLINTEND(cppcoreguidelines-no-malloc)
  return passed;
}

absl::StatusOr<std::vector<ListeningSocket>> TakeFromSystemd(const std::string& name) {
  std::vector<ListeningSocket> sockets;
  std::string others;
  for (const auto& [passed, fd] : Passed()) {
    if (passed != name) {
      others += (others.empty() ? "" : ", ") + passed;
      continue;
    }
    // A copy: the descriptor stays for whoever asks again.
    base::UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    absl::StatusOr<ListeningSocket> socket = ListeningSocket::Adopt(std::move(copy));
    if (!socket.ok()) {
      return base::Annotate(socket.status(), "systemd_socket \"" + name + "\"");
    }
    sockets.push_back(*std::move(socket));
  }
  if (sockets.empty()) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition,
        "systemd_socket \"" + name + "\": systemd passed " +
            (others.empty() ? std::string("no socket") : "other sockets only (" + others + ")") +
            "; start attestd by a socket unit with FileDescriptorName=" + name);
  }
  return sockets;
}

}  // namespace

absl::StatusOr<base::UniqueFd> ListenOnLoopback(const std::string& text) {
  ASSIGN_OR_RETURN(const base::SocketAddress address, base::ParseLoopback(text));
  base::UniqueFd socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // A restart must not wait for connections of the last run to be forgotten.
  constexpr int kOn = 1;
  if (!socket.valid() ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn) != 0 ||
      ::bind(socket.get(), address.get(), address.size) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return base::ErrnoStatus(errno, text);
  }
  return socket;
}

absl::StatusOr<std::vector<ListeningSocket>> ListeningSocket::Open(const ListenerConfig& config) {
  if (!config.systemd_socket.empty()) {
    return TakeFromSystemd(config.systemd_socket);
  }
  std::vector<ListeningSocket> sockets;
  if (!config.address.empty()) {
    ASSIGN_OR_RETURN(base::UniqueFd socket, ListenOnLoopback(config.address));
    sockets.push_back(ListeningSocket(std::move(socket)));
    return sockets;
  }
  ASSIGN_OR_RETURN(UnixListener listener,
                   UnixListener::Create(config.path, config.mode, config.owner));
  sockets.push_back(ListeningSocket(std::move(listener)));
  return sockets;
}

absl::StatusOr<ListeningSocket> ListeningSocket::Adopt(base::UniqueFd socket) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) {
    return base::ErrnoStatus(errno, "a socket that was passed");
  }
  ASSIGN_OR_RETURN(const base::SocketAddress address, base::LocalAddress(socket));
  if (listens == 0 || (address.storage.ss_family != AF_UNIX && !base::IsLoopback(address))) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition,
        "a socket that was passed does not listen on loopback or at a path; others on the network "
        "would reach attestd there");
  }
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) {
    return base::ErrnoStatus(errno, "a socket that was passed");
  }
  return ListeningSocket(std::move(socket));
}

}  // namespace attestd::agent
