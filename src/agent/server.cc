// SPDX-License-Identifier: Apache-2.0
#include "agent/server.h"

#include <grpc/grpc.h>
#include <grpcpp/health_check_service_interface.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/file.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

// A request is a URI or at most 64 bytes of report data.
constexpr int kMaxRequestBytes = 64 << 10;
constexpr std::chrono::seconds kDrain{5};
// Pause after accept failed for want of descriptors; the caller waits in the backlog.
constexpr int kPauseMs = 50;

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(std::vector<UnixListener> listeners,
                                                      std::span<grpc::Service* const> services) {
  base::UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.valid()) {
    return base::ErrnoStatus(errno, "eventfd");
  }
  // Never given back: gRPC's own shutdown may wait 10 s for a poller that nobody needs any more.
  grpc_init();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  for (grpc::Service* service : services) {
    builder.RegisterService(service);
  }
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  Acceptor acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::InternalError("gRPC did not start");
  }
  return std::unique_ptr<Server>(
      new Server(std::move(listeners), std::move(acceptor), std::move(server), std::move(stop)));
}

Server::Server(std::vector<UnixListener> listeners, Acceptor acceptor,
               std::unique_ptr<grpc::Server> server, base::UniqueFd stop)
    : listeners_(std::move(listeners)),
      acceptor_(std::move(acceptor)),
      server_(std::move(server)),
      stop_(std::move(stop)),
      accepting_([this] { AcceptLoop(); }) {}

Server::~Server() {
  constexpr uint64_t kOne = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &kOne, sizeof kOne);
  accepting_.join();
  listeners_.clear();
  // By the monotonic clock, as gRPC keeps it inside.
  server_->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                 gpr_time_from_seconds(kDrain.count(), GPR_TIMESPAN)));
  acceptor_.reset();
}

void Server::SetServing(std::span<const std::string> names, bool serving) {
  for (const std::string& name : names) {
    server_->GetHealthCheckService()->SetServingStatus(name, serving);
  }
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
  const int fd = ::accept4(listener_fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = listener_fd;
    connection.fd = fd;  // owned by gRPC from here on
    acceptor_->HandleNewConnection(&connection);
    return;
  }
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
    pollfd stop = {.fd = stop_.get(), .events = POLLIN, .revents = 0};
    ::poll(&stop, 1, kPauseMs);
  }
}

}  // namespace attestd::agent
