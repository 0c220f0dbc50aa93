// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SERVER_H_
#define ATTESTD_AGENT_SERVER_H_

#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "agent/doors.h"
#include "agent/listener_config.h"
#include "agent/listening_socket.h"
#include "agent/systemd_credential.h"
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
    Service service;
  };
  // Serves until destroyed. `systemd`: what systemd may ask for.
  static absl::StatusOr<std::unique_ptr<Server>> Start(std::vector<Listener> listeners,
                                                       base::MethodTable methods,
                                                       std::vector<SystemdCredential> systemd = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Stops accepting, lets calls under way finish for at most 5 s, frees the sockets.
  ~Server();

  // grpc.health.v1 for each of the names.
  void SetServing(std::span<const std::string> names, bool serving);

 private:
  // A socket that we accept from.
  struct Entrance {
    ListeningSocket socket;
    base::Door* door = nullptr;  // null: each client's first byte tells
    base::UniqueFd owner;        // whoever passed the socket lives as long as this connection
  };

  explicit Server(base::MethodTable methods);
  absl::Status Open(std::vector<Listener> listeners, std::vector<SystemdCredential> systemd);
  absl::Status Add(Entrance entrance);
  void AcceptLoop();
  void OnEvent(int fd);
  void AcceptOne(const Entrance& entrance);
  void AwaitFirstByte(base::UniqueFd connection);
  void Sort(int fd);
  void TakeOver(base::UniqueFd connection);
  absl::Status AddPassed(base::UniqueFd& connection);

  const base::MethodTable methods_;
  std::unique_ptr<Doors> doors_;
  // Touched by the loop only, once it runs.
  std::list<Entrance> entrances_;
  // Clients that have said nothing yet, by descriptor. Touched by the loop only.
  std::map<int, base::UniqueFd> silent_;
  base::UniqueFd stop_;  // eventfd: readable when the loop must end
  base::UniqueFd epoll_;
  std::thread accepting_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SERVER_H_
