// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SANDBOX_RULES_H_
#define ATTESTD_AGENT_SANDBOX_RULES_H_

#include <optional>
#include <span>
#include <vector>

#include "agent/config.h"
#include "base/status.h"
#include "sandbox/sandbox.h"
#include "tee/backend.h"

namespace attestd::agent {

// What the daemon opens, by its configuration, once its sockets are there: the system's libraries
// and settings, the configuration's own files and those that it names, credentials, the event log,
// devices. It looks at the file system and changes nothing.
sandbox::Needs SandboxNeeds(const Config& config, std::span<const tee::Backend> backends);

// Enters that of a process that stands in for another, opens nothing and holds no secret. A kernel
// that refuses is told in the log.
void EnterStandInSandbox();

// What a process may open for the rest of its life; nothing where that is not restricted.
using Granted = std::optional<std::vector<sandbox::Grant>>;

// Enters it, unless the configuration says otherwise, and logs what came of it.
absl::StatusOr<Granted> EnterSandbox(const Config& config, std::span<const tee::Backend> backends);

// Whether such a process can read what the brokers of a new configuration name. FailedPrecondition
// names the file, and what to change.
absl::Status CheckReadable(const std::vector<BrokerConfig>& brokers, const Granted& granted);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SANDBOX_RULES_H_
