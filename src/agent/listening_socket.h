// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_LISTENING_SOCKET_H_
#define ATTESTD_AGENT_LISTENING_SOCKET_H_

#include <optional>
#include <string>
#include <vector>

#include "agent/listener_config.h"
#include "agent/unix_listener.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::agent {

// A socket that listens at an address like "127.0.0.1:8006". Errors name it.
absl::StatusOr<base::UniqueFd> ListenOnLoopback(const std::string& text);

// A socket that clients connect to, wherever it came from. Does not block.
class ListeningSocket {
 public:
  // What the configuration names: one socket, or all that systemd passes under the name. Errors
  // name the place and say what to change.
  static absl::StatusOr<std::vector<ListeningSocket>> Open(const ListenerConfig& config);

  // One that another process has made. FailedPrecondition unless it listens on a unix socket or on
  // loopback.
  static absl::StatusOr<ListeningSocket> Adopt(base::UniqueFd socket);

  int fd() const { return unix_.has_value() ? unix_->fd() : socket_.get(); }

 private:
  explicit ListeningSocket(UnixListener listener) : unix_(std::move(listener)) {}
  explicit ListeningSocket(base::UniqueFd socket) : socket_(std::move(socket)) {}

  std::optional<UnixListener> unix_;
  base::UniqueFd socket_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_LISTENING_SOCKET_H_
