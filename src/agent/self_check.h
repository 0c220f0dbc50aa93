// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SELF_CHECK_H_
#define ATTESTD_AGENT_SELF_CHECK_H_

#include <memory>
#include <optional>
#include <span>

#include "agent/listener_config.h"
#include "agent/server.h"
#include "agent/watchdog.h"
#include "agent/worker_pool.h"
#include "base/io_loop.h"
#include "base/socket_address.h"

namespace attestd::agent {

// A socket that this process itself accepts from.
struct OwnSocket {
  base::SocketAddress address;
  Protocol protocol = Protocol::kAuto;
};

// The first one that lets us in; nothing when all are systemd's, or for others.
std::optional<OwnSocket> FindOwnSocket(std::span<const Server::Listener> listeners);

// That a worker is free: all of them may be busy for as long as calls last.
Vital WorkersVital(WorkerPool& workers);
// That the loop of what comes from brokers turns.
Vital IoLoopVital(base::IoLoop& loop, absl::Duration patience);
// That a client who connects is accepted and answered, as any other.
Vital SocketVital(base::IoLoop& loop, const OwnSocket& socket, absl::Duration patience);

// Tells systemd that the daemon is alive, when it wants to hear it (WatchdogSec=, sd_notify(3)), by
// these three; null when it does not. Before the first thread has changed the environment.
std::unique_ptr<Watchdog> WatchForSystemd(WorkerPool& workers, base::IoLoop& loop,
                                          const std::optional<OwnSocket>& socket);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SELF_CHECK_H_
