// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_DOORS_H_
#define ATTESTD_AGENT_DOORS_H_

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/grpc_door.h"
#include "agent/listener_config.h"
#include "agent/systemd_credential.h"
#include "base/door.h"
#include "base/method.h"
#include "base/status.h"

namespace attestd::agent {

// One door for each protocol that a client may speak, all to the same methods.
class Doors {
 public:
  // `methods` outlive the doors. `systemd`: what systemd may ask for.
  static absl::StatusOr<std::unique_ptr<Doors>> Open(const base::MethodTable& methods,
                                                     const LimitsConfig& limits,
                                                     std::vector<SystemdCredential> systemd);
  Doors(const Doors&) = delete;
  Doors& operator=(const Doors&) = delete;
  // All drain at the same time.
  ~Doors();

  // Of gRPC or ttRPC.
  base::Door& At(Protocol protocol) { return *doors_.at({.protocol = protocol}); }
  // Null for kAuto, which is none. InvalidArgument for features of REST that are none.
  absl::StatusOr<base::Door*> Find(const Service& service);

  // grpc.health.v1 for each of the names.
  void SetServing(std::span<const std::string> names, bool serving);

 private:
  explicit Doors(const base::MethodTable& methods) : methods_(methods) {}

  const base::MethodTable& methods_;
  std::map<Service, std::unique_ptr<base::Door>> doors_;
  GrpcDoor* grpc_ = nullptr;  // one of them
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_DOORS_H_
