// SPDX-License-Identifier: Apache-2.0
#include "agent/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

// Pause after accept failed for want of descriptors; the caller waits in the backlog.
constexpr int kPauseMs = 50;

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(std::vector<UnixListener> listeners,
                                                      base::MethodTable methods) {
  base::UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.valid()) {
    return base::ErrnoStatus(errno, "eventfd");
  }
  std::unique_ptr<Server> server(
      new Server(std::move(listeners), std::move(methods), std::move(stop)));
  ASSIGN_OR_RETURN(server->grpc_, GrpcDoor::Open(server->methods_));
  server->accepting_ = std::thread([raw = server.get()] { raw->AcceptLoop(); });
  return server;
}

Server::Server(std::vector<UnixListener> listeners, base::MethodTable methods, base::UniqueFd stop)
    : listeners_(std::move(listeners)), methods_(std::move(methods)), stop_(std::move(stop)) {}

Server::~Server() {
  if (accepting_.joinable()) {
    constexpr uint64_t kOne = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &kOne, sizeof kOne);
    accepting_.join();
  }
  listeners_.clear();
  grpc_.reset();
}

void Server::SetServing(std::span<const std::string> names, bool serving) {
  grpc_->SetServing(names, serving);
}

void Server::AcceptLoop() {
  std::vector<pollfd> polled = {{.fd = stop_.get(), .events = POLLIN, .revents = 0}};
  for (const UnixListener& listener : listeners_) {
    polled.push_back({.fd = listener.fd(), .events = POLLIN, .revents = 0});
  }
  while (true) {
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) {
      base::Log(base::Severity::kError, "poll failed; no more connections are accepted");
      return;
    }
    if (polled.front().revents != 0) {
      return;
    }
    for (size_t i = 1; i < polled.size(); ++i) {
      if (polled[i].revents != 0) {
        AcceptOne(polled[i].fd);
      }
    }
  }
}

void Server::AcceptOne(int listener_fd) {
  base::UniqueFd connection(::accept4(listener_fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.valid()) {
    grpc_->Accept(std::move(connection));
    return;
  }
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
    pollfd stop = {.fd = stop_.get(), .events = POLLIN, .revents = 0};
    ::poll(&stop, 1, kPauseMs);
  }
}

}  // namespace attestd::agent
