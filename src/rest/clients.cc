// SPDX-License-Identifier: Apache-2.0
#include "rest/clients.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace attestd::rest {

void Clients::Add(int socket, base::CallerRef caller) {
  clients_[socket].caller = std::move(caller);
}

void Clients::Set(int socket, State state, base::Deadline by) {
  Client& client = clients_[socket];
  client.state = state;
  client.by = by;
  next_ = base::Deadline::Earlier(next_, by);
}

void Clients::HangUpOnLate() {
  if (!next_.Expired()) {
    return;
  }
  next_ = base::Deadline::Infinite();
  for (auto& [socket, client] : clients_) {
    if (client.by.Expired()) {
      ::shutdown(socket, SHUT_RDWR);
      client.by = base::Deadline::Infinite();
    }
    next_ = base::Deadline::Earlier(next_, client.by);
  }
}

void Clients::HangUpOnListeners() {
  for (const auto& [socket, client] : clients_) {
    if (client.state == State::kListening) {
      ::shutdown(socket, SHUT_RDWR);
    }
  }
}

bool Clients::busy() const {
  return std::any_of(clients_.begin(), clients_.end(),
                     [](const auto& one) { return one.second.state != State::kListening; });
}

}  // namespace attestd::rest
