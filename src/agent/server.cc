// SPDX-License-Identifier: Apache-2.0
#include "agent/server.h"

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

#include "base/file.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

// Pause after accept failed for want of descriptors; the caller waits in the backlog.
constexpr int kPauseMs = 50;

// HTTP/2 begins with "PRI * HTTP/2.0" (RFC 9113, 3.4), a frame of ttRPC with a zero byte
// (containerd/ttrpc, PROTOCOL.md).
constexpr char kHttp2FirstByte = 'P';

absl::Status Watch(int epoll, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? absl::OkStatus()
                                                            : base::ErrnoStatus(errno, "epoll_ctl");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(std::vector<Listener> listeners,
                                                      base::MethodTable methods) {
  std::unique_ptr<Server> server(new Server(std::move(listeners), std::move(methods)));
  RETURN_IF_ERROR(server->Open());
  return server;
}

Server::Server(std::vector<Listener> listeners, base::MethodTable methods)
    : listeners_(std::move(listeners)),
      methods_(std::move(methods)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

absl::Status Server::Open() {
  if (!stop_.valid() || !epoll_.valid()) {
    return base::ErrnoStatus(errno, "eventfd or epoll");
  }
  RETURN_IF_ERROR(Watch(epoll_.get(), stop_.get()));
  for (const Listener& listener : listeners_) {
    RETURN_IF_ERROR(Watch(epoll_.get(), listener.socket.fd()));
  }
  ASSIGN_OR_RETURN(doors_, Doors::Open(methods_));
  accepting_ = std::thread([this] { AcceptLoop(); });
  return absl::OkStatus();
}

Server::~Server() {
  if (accepting_.joinable()) {
    constexpr uint64_t kOne = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &kOne, sizeof kOne);
    accepting_.join();
  }
  listeners_.clear();
  doors_.reset();
}

void Server::SetServing(std::span<const std::string> names, bool serving) {
  doors_->SetServing(names, serving);
}

void Server::AcceptLoop() {
  while (true) {
    std::array<epoll_event, 64> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    if (count < 0 && errno != EINTR) {
      base::Log(base::Severity::kError, "epoll_wait failed; no more connections are accepted");
      return;
    }
    for (int i = 0; i < count; ++i) {
      const int fd = events.at(static_cast<size_t>(i)).data.fd;
      if (fd == stop_.get()) {
        return;
      }
      const auto listener =
          std::find_if(listeners_.begin(), listeners_.end(),
                       [fd](const Listener& one) { return one.socket.fd() == fd; });
      listener != listeners_.end() ? AcceptOne(*listener) : Sort(fd);
    }
  }
}

void Server::AcceptOne(const Listener& listener) {
  base::UniqueFd connection(
      ::accept4(listener.socket.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.valid()) {
    // Replies are written whole. A unix socket has no such option.
    constexpr int kOn = 1;
    ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
    if (listener.protocol == Protocol::kAuto) {
      AwaitFirstByte(std::move(connection));
    } else {
      Serve(std::move(connection), listener.protocol);
    }
    return;
  }
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
    pollfd stop = {.fd = stop_.get(), .events = POLLIN, .revents = 0};
    ::poll(&stop, 1, kPauseMs);
  }
}

void Server::AwaitFirstByte(base::UniqueFd connection) {
  const int fd = connection.get();
  if (Watch(epoll_.get(), fd).ok()) {
    silent_.emplace(fd, std::move(connection));
    Sort(fd);  // it may have said something already
  }
}

// A client of gRPC speaks at once; one of ttRPC may connect long before its first request, so that
// its silence has no limit.
void Server::Sort(int fd) {
  const auto silent = silent_.find(fd);
  if (silent == silent_.end()) {
    return;
  }
  char first = 0;
  const ssize_t size = ::recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return;
  }
  base::UniqueFd connection = std::move(silent->second);
  silent_.erase(silent);
  if (size <= 0) {
    return;  // it has left
  }
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  Serve(std::move(connection), first == kHttp2FirstByte ? Protocol::kGrpc : Protocol::kTtrpc);
}

void Server::Serve(base::UniqueFd connection, Protocol protocol) {
  doors_->At(protocol).Accept(std::move(connection));
}

}  // namespace attestd::agent
