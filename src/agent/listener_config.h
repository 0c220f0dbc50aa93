// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_LISTENER_CONFIG_H_
#define ATTESTD_AGENT_LISTENER_CONFIG_H_

#include <sys/types.h>

#include <compare>
#include <string>
#include <vector>

#include "agent/access_config.h"
#include "base/status.h"

namespace attestd::base {
class TomlTable;
}

namespace attestd::agent {

// What a client of a socket speaks.
enum class Protocol { kAuto, kGrpc, kTtrpc, kRest, kSystemd };

// What is served to whoever connects.
struct Service {
  Protocol protocol = Protocol::kAuto;  // kAuto: each client's first byte tells
  std::string features = {};            // of REST: "resource", "attestation" or "all"

  auto operator<=>(const Service&) const = default;  // NOLINT(modernize-use-nullptr): none in it
};

// [[listener]]: one of `path`, `address` and `systemd_socket` says where.
struct ListenerConfig {
  std::string path;            // of a unix socket
  std::string address;         // "127.0.0.1:8006" or "[::1]:8006"; loopback only
  std::string systemd_socket;  // FileDescriptorName= of a socket that systemd listens on for us
  mode_t mode = 0600;          // of the path
  std::string owner;           // of the path: "user", "user:group" or ":group"
  Service service;
  // Clients may connect long before they ask, as kata-agent does; else they have 5 s.
  bool allow_silent = false;
  AccessConfig access;

  // Which of the three, for messages.
  const std::string& name() const {
    return !path.empty() ? path : !address.empty() ? address : systemd_socket;
  }
};

// Root's own socket, where nothing is configured.
absl::StatusOr<ListenerConfig> DefaultListener();

absl::StatusOr<ListenerConfig> ReadListener(base::TomlTable table);

// InvalidArgument when two listen at the same place.
absl::Status CheckListeners(const std::vector<ListenerConfig>& listeners);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_LISTENER_CONFIG_H_
