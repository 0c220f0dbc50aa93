// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_WIRING_H_
#define ATTESTD_AGENT_WIRING_H_

#include <functional>
#include <memory>
#include <span>

#include "agent/config.h"
#include "base/status.h"
#include "tee/backend.h"

namespace attestd::agent {

// The running daemon: everything that lives as long as it does. Destroying it stops the daemon.
class Agent {
 public:
  Agent() = default;
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  virtual ~Agent() = default;

  // Takes over the brokers of the configuration as it is now; no request fails by it. On an error
  // the old ones stay. Safe to call from any thread.
  virtual absl::Status Reload() = 0;

  // Why it asked for the end of the process by a SIGTERM to itself; OK when it did not.
  virtual absl::Status Failure() = 0;
};

// The configuration as it is now.
using LoadConfigAgain = std::function<absl::StatusOr<Config>()>;

// The composition root, the only place that knows every concrete class. On return the sockets
// exist and answer; the device is opened, and credentials are fetched, in the background.
absl::StatusOr<std::unique_ptr<Agent>> StartAgent(const Config& config,
                                                  std::span<const tee::Backend> backends,
                                                  LoadConfigAgain load);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_WIRING_H_
