// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SERVER_H_
#define ATTESTD_AGENT_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "agent/unix_listener.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::agent {

// The gRPC server behind our own accept loop: gRPC's loses its listener for good when the process
// once runs out of descriptors, and it cannot tell who called.
class Server {
 public:
  // Serves until destroyed. The services outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(std::vector<UnixListener> listeners,
                                                       std::span<grpc::Service* const> services);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Stops accepting, lets calls under way finish for at most 5 s, frees the sockets.
  ~Server();

  // grpc.health.v1 for each of the names.
  void SetServing(std::span<const std::string> names, bool serving);

 private:
  using Acceptor = std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>;
  Server(std::vector<UnixListener> listeners, Acceptor acceptor,
         std::unique_ptr<grpc::Server> server, base::UniqueFd stop);
  void AcceptLoop();
  void AcceptOne(int listener_fd);

  std::vector<UnixListener> listeners_;
  Acceptor acceptor_;
  std::unique_ptr<grpc::Server> server_;
  base::UniqueFd stop_;  // eventfd: readable when the loop must end
  std::thread accepting_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SERVER_H_
