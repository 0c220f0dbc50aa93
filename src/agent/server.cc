// SPDX-License-Identifier: Apache-2.0
#include "agent/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "agent/handover.h"
#include "base/file.h"
#include "base/guarded.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

// Pause after accept failed for want of descriptors; the caller waits in the backlog.
constexpr int kPauseMs = 50;
// Far more than there are pods in a VM.
constexpr size_t kMaxEntrances = 32;

// HTTP/2 begins with "PRI * HTTP/2.0" (RFC 9113, 3.4), a frame of ttRPC with a zero byte
// (containerd/ttrpc, PROTOCOL.md).
constexpr char kHttp2FirstByte = 'P';

// For a client's first byte, where silence is not allowed.
constexpr absl::Duration kFirstByte = absl::Seconds(5);
// How often the silent are looked at.
constexpr int kSilenceTickMs = 500;

void LogPassed(const absl::Status& status) {
  if (status.ok()) {
    base::Log(base::Severity::kNotice, "REST is served at a socket that was passed");
  } else {
    base::Log(base::Severity::kWarning, "a socket for REST was passed and is not served",
              {{"cause", base::StatusText(status)}});
  }
}

base::UniqueFd OpenSpare() { return base::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

absl::Status Watch(int epoll, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? absl::OkStatus()
                                                            : base::ErrnoStatus(errno, "epoll_ctl");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(std::vector<Listener> listeners, House house,
                                                      base::MethodTable methods,
                                                      std::vector<SystemdCredential> systemd) {
  std::unique_ptr<Server> server(new Server(std::move(house), std::move(methods)));
  RETURN_IF_ERROR(server->Open(std::move(listeners), std::move(systemd)));
  return server;
}

Server::Server(House house, base::MethodTable methods)
    : house_(std::move(house)),
      methods_(std::move(methods)),
      spare_(OpenSpare()),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

absl::Status Server::Open(std::vector<Listener> listeners, std::vector<SystemdCredential> systemd) {
  if (!stop_.valid() || !epoll_.valid()) {
    return base::ErrnoStatus(errno, "eventfd or epoll");
  }
  RETURN_IF_ERROR(Watch(epoll_.get(), stop_.get()));
  ASSIGN_OR_RETURN(doors_, Doors::Open(methods_, house_.reception.limits(), std::move(systemd)));
  for (Listener& listener : listeners) {
    ASSIGN_OR_RETURN(base::Door* const door, doors_->Find(listener.service));
    RETURN_IF_ERROR(Add({.socket = std::move(listener.socket),
                         .door = door,
                         .access = std::move(listener.access),
                         .allow_silent = listener.allow_silent,
                         .owner = {}}));
  }
  accepting_ = std::thread([this] { AcceptLoop(); });
  return absl::OkStatus();
}

absl::Status Server::Add(Entrance entrance) {
  RETURN_IF_ERROR(Watch(epoll_.get(), entrance.socket.fd()));
  if (entrance.owner.valid()) {
    RETURN_IF_ERROR(Watch(epoll_.get(), entrance.owner.get()));
  }
  entrances_.push_back(std::move(entrance));
  return absl::OkStatus();
}

Server::~Server() {
  if (accepting_.joinable()) {
    constexpr uint64_t kOne = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &kOne, sizeof kOne);
    accepting_.join();
  }
  entrances_.clear();
  doors_.reset();
}

void Server::SetServing(std::span<const std::string> names, bool serving) {
  doors_->SetServing(names, serving);
}

void Server::AcceptLoop() {
  while (true) {
    std::array<epoll_event, 64> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(),
                                   silent_.empty() ? -1 : kSilenceTickMs);
    if (count < 0 && errno != EINTR) {
      base::Log(base::Severity::kError, "epoll_wait failed; no more connections are accepted");
      return;
    }
    for (int i = 0; i < count; ++i) {
      const int fd = events.at(static_cast<size_t>(i)).data.fd;
      if (fd == stop_.get()) {
        return;
      }
      // A client for whom there is no memory is hung up on.
      base::Guarded([&] {
        OnEvent(fd);
        return absl::OkStatus();
      }).IgnoreError();
    }
    silent_.DropLate();
  }
}

void Server::OnEvent(int fd) {
  const auto entrance = std::find_if(
      entrances_.begin(), entrances_.end(),
      [fd](const Entrance& one) { return one.socket.fd() == fd || one.owner.get() == fd; });
  if (entrance == entrances_.end()) {
    Sort(fd);
  } else if (entrance->socket.fd() == fd) {
    AcceptOne(*entrance);
  } else {
    // Its owner has nothing more to say: it has ended.
    base::Log(base::Severity::kNotice, "whoever passed a socket for REST has ended");
    entrances_.erase(entrance);
  }
}

void Server::AcceptOne(const Entrance& entrance) {
  base::UniqueFd connection = AcceptFrom(entrance);
  if (!connection.valid()) {
    return;
  }
  base::CallerRef caller = Admit(connection, entrance);
  if (caller == nullptr) {
    return;
  }
  // Replies are written whole. A unix socket has no such option.
  constexpr int kOn = 1;
  ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  if (entrance.door == nullptr) {
    AwaitFirstByte(std::move(connection), std::move(caller), entrance.allow_silent);
  } else {
    entrance.door->Accept(std::move(connection), std::move(caller));
  }
}

// Without a descriptor for it the client would wait in the backlog, and wake us all the time: it is
// hung up on instead.
base::UniqueFd Server::AcceptFrom(const Entrance& entrance) {
  const auto accept = [&] {
    return base::UniqueFd(
        ::accept4(entrance.socket.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  };
  base::UniqueFd connection = accept();
  if (!connection.valid() && (errno == EMFILE || errno == ENFILE) && spare_.valid() &&
      !entrance.access.never_refuse) {
    spare_.reset();
    accept();
    spare_ = OpenSpare();
  } else if (!connection.valid() && errno != EAGAIN && errno != EINTR) {
    pollfd stop = {.fd = stop_.get(), .events = POLLIN, .revents = 0};
    ::poll(&stop, 1, kPauseMs);
  }
  return connection;
}

// Null: the client is hung up on. Clients who say nothing make way for others of their principal.
base::CallerRef Server::Admit(const base::UniqueFd& connection, const Entrance& entrance) {
  absl::StatusOr<base::CallerRef> caller =
      house_.reception.Admit(connection.get(), entrance.access);
  if (absl::IsResourceExhausted(caller.status()) && silent_.DropOldest(entrance.access.principal)) {
    caller = house_.reception.Admit(connection.get(), entrance.access);
  }
  return caller.ok() ? *std::move(caller) : nullptr;
}

// A client of gRPC speaks at once; one of ttRPC may connect long before its first request.
void Server::AwaitFirstByte(base::UniqueFd connection, base::CallerRef caller, bool allow_silent) {
  const int fd = connection.get();
  if (Watch(epoll_.get(), fd).ok()) {
    silent_.Add({.socket = std::move(connection),
                 .caller = std::move(caller),
                 .speak_by = allow_silent ? base::Deadline::Infinite()
                                          : base::Deadline::After(kFirstByte)});
    Sort(fd);  // it may have said something already
  }
}

void Server::Sort(int fd) {
  if (silent_.Find(fd) == nullptr) {
    return;
  }
  char first = 0;
  const ssize_t size = ::recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return;
  }
  SilentClients::Client client = *silent_.Take(fd);
  if (size <= 0) {
    return;  // it has left
  }
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  if (first == kHandoverFirstByte) {
    TakeOver(std::move(client.socket));
    return;
  }
  const Protocol protocol = first == kHttp2FirstByte ? Protocol::kGrpc : Protocol::kTtrpc;
  doors_->At(protocol).Accept(std::move(client.socket), std::move(client.caller));
}

// From here on the connection is the owner of what it has passed, or is told why not.
void Server::TakeOver(base::UniqueFd connection) {
  absl::StatusOr<Entrance> passed = AcceptPassed(connection);
  if (passed.ok()) {
    passed->owner = std::move(connection);
    const absl::Status added = Add(*std::move(passed));
    LogPassed(added);
    return;
  }
  LogPassed(passed.status());
  const std::string answer = std::string(passed.status().message()) + "\n";
  ::send(connection.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

// What was passed, without its owner, who was told that it is served.
absl::StatusOr<Server::Entrance> Server::AcceptPassed(const base::UniqueFd& connection) {
  ASSIGN_OR_RETURN(Handover handover, ReceiveHandover(connection));
  if (entrances_.size() >= kMaxEntrances) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, "too many sockets were passed");
  }
  ASSIGN_OR_RETURN(ListeningSocket socket, ListeningSocket::Adopt(std::move(handover.socket)));
  ASSIGN_OR_RETURN(base::Door* const door,
                   doors_->Find({.protocol = Protocol::kRest, .features = handover.features}));
  const std::string answer = std::string(kHandoverDone) + "\n";
  if (::send(connection.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    return base::ErrnoStatus(errno, "whoever passed the socket has left");
  }
  return Entrance{.socket = std::move(socket),
                  .door = door,
                  .access = house_.passed(handover.features),
                  .owner = {}};
}

}  // namespace attestd::agent
