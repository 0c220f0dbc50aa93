// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SYSTEMD_DOOR_H_
#define ATTESTD_AGENT_SYSTEMD_DOOR_H_

#include <memory>
#include <utility>
#include <vector>

#include "agent/systemd_client.h"
#include "agent/systemd_credential.h"
#include "base/door.h"
#include "base/door_thread.h"
#include "base/handle.h"
#include "base/method.h"
#include "base/status.h"

namespace attestd::agent {

// Secrets for systemd's LoadCredential= and crypttab, for connections that somebody else accepts.
// One thread, which starts with the first connection, serves all of them.
class SystemdDoor : public base::Door {
 public:
  // `methods` outlive the door. Internal when they have no GetResource.
  static absl::StatusOr<std::unique_ptr<SystemdDoor>> Open(
      const base::MethodTable& methods, std::vector<SystemdCredential> credentials,
      SystemdLimits limits = {});
  ~SystemdDoor() override = default;

  void Accept(base::UniqueFd connection, base::CallerRef caller) override {
    thread_.Accept({.socket = std::move(connection), .caller = std::move(caller)});
  }
  // Also refuses those who wait for another try.
  void Drain() override { thread_.Drain(); }

 private:
  class Loop;
  SystemdDoor(const base::Method& get_resource, std::vector<SystemdCredential> credentials,
              SystemdLimits limits, std::shared_ptr<base::Mailbox> mailbox, base::UniqueFd epoll);

  const std::vector<SystemdCredential> credentials_;
  const SystemdLimits limits_;
  const SystemdClient::House house_;
  base::UniqueFd epoll_;
  base::DoorThread thread_;  // the last: it ends before what it uses
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SYSTEMD_DOOR_H_
