// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SERVER_H_
#define ATTESTD_AGENT_SERVER_H_

#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "agent/grpc_door.h"
#include "agent/unix_listener.h"
#include "base/handle.h"
#include "base/method.h"
#include "base/status.h"

namespace attestd::agent {

// The sockets, and the doors behind them. The accept loop is our own: gRPC's loses its listener for
// good when the process once runs out of descriptors, and it cannot tell who called.
class Server {
 public:
  // Serves until destroyed.
  static absl::StatusOr<std::unique_ptr<Server>> Start(std::vector<UnixListener> listeners,
                                                       base::MethodTable methods);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Stops accepting, lets calls under way finish for at most 5 s, frees the sockets.
  ~Server();

  // grpc.health.v1 for each of the names.
  void SetServing(std::span<const std::string> names, bool serving);

 private:
  Server(std::vector<UnixListener> listeners, base::MethodTable methods, base::UniqueFd stop);
  void AcceptLoop();
  void AcceptOne(int listener_fd);

  std::vector<UnixListener> listeners_;
  const base::MethodTable methods_;
  std::unique_ptr<GrpcDoor> grpc_;
  base::UniqueFd stop_;  // eventfd: readable when the loop must end
  std::thread accepting_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SERVER_H_
