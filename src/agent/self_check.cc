// SPDX-License-Identifier: Apache-2.0
#include "agent/self_check.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "agent/call.h"
#include "base/handle.h"
#include "base/log.h"
#include "proto/ttrpc.pb.h"
#include "ttrpc/frame.h"

namespace attestd::agent {
namespace {

// Longer than a call may take.
constexpr absl::Duration kWorkersPatience = absl::Seconds(75);
// For a connection to be queued, and the greeting to be sent.
constexpr timeval kSendTime = {.tv_sec = 1, .tv_usec = 0};
// systemd.service(5): keep-alives at less than half of WatchdogSec.
constexpr int kKeepAlives = 3;

// An answer that is called once.
class Owed {
 public:
  void Set(std::function<void()> answer) {
    const base::MonitorLock lock(monitor_);
    answer_ = std::move(answer);
  }
  void Answer() {
    std::function<void()> answer;
    {
      const base::MonitorLock lock(monitor_);
      answer = std::exchange(answer_, nullptr);
    }
    if (answer != nullptr) {
      answer();
    }
  }

 private:
  base::Monitor monitor_;
  std::function<void()> answer_ ABSL_GUARDED_BY(monitor_);
};

// Takes part in the loop with an eventfd.
class LoopPulse : public base::IoLoop::Watcher {
 public:
  bool Ask(base::IoLoop& loop, std::function<void()> answer) {
    if (!event_.valid()) {
      event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    }
    owed_.Set(std::move(answer));
    constexpr uint64_t kOne = 1;
    return event_.valid() && loop.Arm(id_, event_.get(), EPOLLIN).ok() &&
           ::write(event_.get(), &kOne, sizeof kOne) == sizeof kOne;
  }
  void OnReady(int fd, uint32_t /*events*/) override {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t size = ::read(fd, &count, sizeof count);
    owed_.Answer();
  }
  void set_id(base::IoLoop::Id id) { id_ = id; }

 private:
  base::IoLoop::Id id_ = 0;
  base::UniqueFd event_;
  Owed owed_;
};

// What makes a client of the protocol be answered by whoever serves it.
std::string Greeting(Protocol protocol) {
  if (protocol == Protocol::kGrpc) {
    // Preface and empty SETTINGS (RFC 9113, 3.4 and 6.5); the server's SETTINGS come back.
    return std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + std::string(3, '\0') + "\4" +
           std::string(5, '\0');
  }
  if (protocol == Protocol::kRest) {
    return "GET /self-check HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  }
  ttrpc::wire::Request request;
  request.set_service("attestd.v1.StatusService");
  request.set_method("GetStatus");
  const std::string data = request.SerializeAsString();
  return ttrpc::EncodeHeader({.length = static_cast<uint32_t>(data.size()),
                              .stream = 1,
                              .type = ttrpc::kRequest,
                              .flags = 0}) +
         data;
}

// A client of our own socket. What it hears back is a sign of life, be it a good-bye.
class SocketPulse : public base::IoLoop::Watcher {
 public:
  explicit SocketPulse(const OwnSocket& socket)
      : address_(socket.address), greeting_(Greeting(socket.protocol)) {}

  bool Ask(base::IoLoop& loop, std::function<void()> answer) {
    connection_.reset(::socket(address_.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::setsockopt(connection_.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendTime, sizeof kSendTime);
    if (!connection_.valid()) {
      return false;
    }
    if (::connect(connection_.get(), address_.get(), address_.size) != 0) {
      return CannotConnect(errno, answer);
    }
    owed_.Set(std::move(answer));
    return ::send(connection_.get(), greeting_.data(), greeting_.size(), MSG_NOSIGNAL) >= 0 &&
           loop.Arm(id_, connection_.get(), EPOLLIN | EPOLLRDHUP).ok();
  }
  void OnReady(int /*fd*/, uint32_t /*events*/) override { owed_.Answer(); }
  void set_id(base::IoLoop::Id id) { id_ = id; }

 private:
  // A queue that is full is no sign of life. A path that is gone, or another's now, says nothing.
  bool CannotConnect(int error, const std::function<void()>& answer) {
    if (error == EAGAIN || error == EINPROGRESS || error == ETIMEDOUT) {
      return false;
    }
    if (!std::exchange(told_, true)) {
      base::Log(base::Severity::kWarning, "self-check: our own socket cannot be connected to",
                {{"errno", std::to_string(error)}});
    }
    answer();
    return true;
  }

  const base::SocketAddress address_;
  const std::string greeting_;
  base::IoLoop::Id id_ = 0;
  // Touched by whoever asks only; the loop answers while it is open.
  base::UniqueFd connection_;
  bool told_ = false;
  Owed owed_;
};

template <typename Pulse>
Vital VitalOf(const std::string& name, absl::Duration patience, base::IoLoop& loop,
              std::shared_ptr<Pulse> pulse) {
  pulse->set_id(loop.Add(pulse));
  return {.name = name,
          .patience = patience,
          .ask = [&loop, pulse = std::move(pulse)](std::function<void()> answer) {
            return pulse->Ask(loop, std::move(answer));
          }};
}

}  // namespace

std::optional<OwnSocket> FindOwnSocket(std::span<const Server::Listener> listeners) {
  for (const Server::Listener& listener : listeners) {
    const std::vector<uid_t>& uids = listener.access.uids;
    const bool for_us =
        listener.access.cgroups.empty() &&
        (uids.empty() || std::find(uids.begin(), uids.end(), ::geteuid()) != uids.end());
    OwnSocket own{.address = {}, .protocol = listener.service.protocol};
    own.address.size = sizeof own.address.storage;
    if (for_us && own.protocol != Protocol::kSystemd &&
        ::getsockname(listener.socket.fd(), own.address.get(), &own.address.size) == 0) {
      return own;
    }
  }
  return std::nullopt;
}

Vital WorkersVital(WorkerPool& workers) {
  return {.name = "workers",
          .patience = kWorkersPatience,
          .ask = [&workers](std::function<void()> answer) {
            return workers.Submit(kSelfCheckLane, std::move(answer));
          }};
}

Vital IoLoopVital(base::IoLoop& loop, absl::Duration patience) {
  return VitalOf("answers of brokers", patience, loop, std::make_shared<LoopPulse>());
}

Vital SocketVital(base::IoLoop& loop, const OwnSocket& socket, absl::Duration patience) {
  return VitalOf("socket", patience, loop, std::make_shared<SocketPulse>(socket));
}

std::unique_ptr<Watchdog> WatchForSystemd(WorkerPool& workers, base::IoLoop& loop,
                                          const std::optional<OwnSocket>& socket) {
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) {
    return nullptr;
  }
  const absl::Duration interval =
      absl::Microseconds(static_cast<int64_t>(microseconds)) / kKeepAlives;
  std::vector<Vital> vitals = {WorkersVital(workers), IoLoopVital(loop, interval)};
  if (socket.has_value()) {
    vitals.push_back(SocketVital(loop, *socket, interval));
  }
  return std::make_unique<Watchdog>(interval, std::move(vitals),
                                    [] { sd_notify(0, "WATCHDOG=1"); });
}

}  // namespace attestd::agent
