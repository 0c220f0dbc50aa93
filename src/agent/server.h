// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SERVER_H_
#define ATTESTD_AGENT_SERVER_H_

#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "agent/doors.h"
#include "agent/listener_config.h"
#include "agent/listening_socket.h"
#include "agent/reception.h"
#include "agent/silent_clients.h"
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
    AccessConfig access;
    bool allow_silent = false;
  };
  // What outlives the server.
  struct House {
    Reception& reception;
    // Who REST is for at a socket that another process passed.
    std::function<AccessConfig(const std::string& features)> passed;
  };
  // Serves until destroyed. `systemd`: what systemd may ask for.
  static absl::StatusOr<std::unique_ptr<Server>> Start(std::vector<Listener> listeners, House house,
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
    AccessConfig access;
    bool allow_silent = false;
    base::UniqueFd owner;  // whoever passed the socket lives as long as this connection
  };

  Server(House house, base::MethodTable methods);
  absl::Status Open(std::vector<Listener> listeners, std::vector<SystemdCredential> systemd);
  absl::Status Add(Entrance entrance);
  void AcceptLoop();
  void OnEvent(int fd);
  void AcceptOne(const Entrance& entrance);
  base::UniqueFd AcceptFrom(const Entrance& entrance);
  base::CallerRef Admit(const base::UniqueFd& connection, const Entrance& entrance);
  void AwaitFirstByte(base::UniqueFd connection, base::CallerRef caller, bool allow_silent);
  void Sort(int fd);
  void TakeOver(base::UniqueFd connection);
  absl::StatusOr<Entrance> AcceptPassed(const base::UniqueFd& connection);

  const House house_;
  const base::MethodTable methods_;
  std::unique_ptr<Doors> doors_;
  // Touched by the loop only, once it runs.
  std::list<Entrance> entrances_;
  // Touched by the loop only.
  SilentClients silent_;
  base::UniqueFd
      spare_;            // given up for a moment to hang up on a client when there is no other left
  base::UniqueFd stop_;  // eventfd: readable when the loop must end
  base::UniqueFd epoll_;
  std::thread accepting_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SERVER_H_
