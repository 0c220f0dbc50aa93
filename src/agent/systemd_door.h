// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SYSTEMD_DOOR_H_
#define ATTESTD_AGENT_SYSTEMD_DOOR_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <thread>
#include <vector>

#include "agent/systemd_client.h"
#include "agent/systemd_credential.h"
#include "base/door.h"
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
  ~SystemdDoor() override;

  void Accept(base::UniqueFd connection) override;
  // Also refuses those who wait for another try.
  void Drain() override;

 private:
  class Loop;
  SystemdDoor(const base::Method& get_resource, std::vector<SystemdCredential> credentials,
              SystemdLimits limits, base::UniqueFd event, base::UniqueFd epoll);

  const std::vector<SystemdCredential> credentials_;
  const SystemdLimits limits_;
  const SystemdClient::House house_;
  base::UniqueFd epoll_;
  absl::Mutex mutex_;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);  // since the first connection
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SYSTEMD_DOOR_H_
