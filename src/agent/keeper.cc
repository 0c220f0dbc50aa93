// SPDX-License-Identifier: Apache-2.0
#include "agent/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/deadline.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr int kPauseMs = 500;

// A connection to whoever listens at the path; an invalid descriptor when nobody does.
base::UniqueFd Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return {};
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return {};
  }
  return socket;
}

// The lock that a listening attestd holds (agent/unix_listener.cc).
bool IsLocked(const std::string& path) {
  const base::UniqueFd lock(::open((path + ".lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  return lock.valid() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

enum class Event { kEnd, kHangUp, kTimeout };

// Waits for a signal that ends us, for the end of the connection, or so long.
Event Wait(const base::UniqueFd& signals, const base::UniqueFd& connection, int timeout_ms) {
  std::array<pollfd, 2> waiting = {{{.fd = signals.get(), .events = POLLIN, .revents = 0},
                                    {.fd = connection.get(), .events = POLLRDHUP, .revents = 0}}};
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
      return Event::kHangUp;
    }
  }
}

}  // namespace

absl::StatusOr<bool> IsServedByAttestd(const std::string& path) {
  if (!IsLocked(path)) {
    return false;
  }
  if (!Connect(path).valid()) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition,
        path +
            ": another attestd listens here and its socket was removed, as kata-agent does "
            "before it launches; take the path out of that attestd's [[listener]] and restart it");
  }
  return true;
}

absl::Status KeepPlace(const std::string& path, const base::UniqueFd& signals) {
  base::Log(base::Severity::kNotice, "another attestd serves this socket; staying beside it",
            {{"socket", path}});
  base::Deadline deadline = base::Deadline::After(kPatience);
  while (!deadline.Expired()) {
    const base::UniqueFd connection = Connect(path);
    if (connection.valid()) {
      const Event event = Wait(signals, connection, -1);
      if (event == Event::kEnd) {
        return absl::OkStatus();
      }
      deadline = base::Deadline::After(kPatience);
    }
    if (Wait(signals, {}, kPauseMs) == Event::kEnd) {
      return absl::OkStatus();
    }
  }
  return base::MakeStatus(absl::StatusCode::kUnavailable,
                          path + ": the attestd that served it has been gone for 30 s");
}

}  // namespace attestd::agent
