// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SERVER_H_
#define ATTESTD_AGENT_SERVER_H_

#include <map>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "agent/doors.h"
#include "agent/listener_config.h"
#include "agent/listening_socket.h"
#include "base/handle.h"
#include "base/method.h"
#include "base/status.h"

namespace attestd::agent {

// The sockets, and the doors behind them. The accept loop is our own: gRPC's loses its listener for
// good when the process once runs out of descriptors, and it cannot tell who called.
class Server {
 public:
  struct Listener {
    ListeningSocket socket;
    Protocol protocol = Protocol::kAuto;
  };
  // Serves until destroyed.
  static absl::StatusOr<std::unique_ptr<Server>> Start(std::vector<Listener> listeners,
                                                       base::MethodTable methods);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Stops accepting, lets calls under way finish for at most 5 s, frees the sockets.
  ~Server();

  // grpc.health.v1 for each of the names.
  void SetServing(std::span<const std::string> names, bool serving);

 private:
  Server(std::vector<Listener> listeners, base::MethodTable methods);
  absl::Status Open();
  void AcceptLoop();
  void AcceptOne(const Listener& listener);
  void AwaitFirstByte(base::UniqueFd connection);
  void Sort(int fd);
  void Serve(base::UniqueFd connection, Protocol protocol);

  std::vector<Listener> listeners_;
  const base::MethodTable methods_;
  std::unique_ptr<Doors> doors_;
  // Clients that have said nothing yet, by descriptor. Touched by the loop only.
  std::map<int, base::UniqueFd> silent_;
  base::UniqueFd stop_;  // eventfd: readable when the loop must end
  base::UniqueFd epoll_;
  std::thread accepting_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SERVER_H_
