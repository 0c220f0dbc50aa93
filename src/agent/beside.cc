// SPDX-License-Identifier: Apache-2.0
#include "agent/beside.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/socket_address.h"

namespace attestd::agent {

base::UniqueFd ConnectTo(const std::string& path) {
  const absl::StatusOr<base::SocketAddress> address = base::UnixAddress(path);
  base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!address.ok() || ::connect(socket.get(), address->get(), address->size) != 0) {
    return {};
  }
  return socket;
}

Event WaitBeside(const base::UniqueFd& signals, const base::UniqueFd& connection, int timeout_ms) {
  std::array<pollfd, 2> waiting = {
      {{.fd = signals.get(), .events = POLLIN, .revents = 0},
       {.fd = connection.get(), .events = POLLIN | POLLRDHUP, .revents = 0}}};
  while (true) {
    const int ready = ::poll(waiting.data(), waiting.size(), timeout_ms);
    if (ready == 0) {
      return Event::kTimeout;
    }
    signalfd_siginfo info{};
    if (ready > 0 && waiting[0].revents != 0 &&
        ::read(signals.get(), &info, sizeof info) == sizeof info && info.ssi_signo != SIGHUP) {
      return Event::kEnd;
    }
    if (ready > 0 && waiting[1].revents != 0) {
      return Event::kReadable;
    }
  }
}

}  // namespace attestd::agent
