// SPDX-License-Identifier: Apache-2.0
#include "agent/silent_clients.h"

#include <algorithm>
#include <utility>

namespace attestd::agent {

void SilentClients::Add(Client client) {
  const int fd = client.socket.get();
  clients_.insert_or_assign(fd, Entry{.client = std::move(client), .number = ++last_});
}

const SilentClients::Client* SilentClients::Find(int fd) const {
  const auto found = clients_.find(fd);
  return found == clients_.end() ? nullptr : &found->second.client;
}

std::optional<SilentClients::Client> SilentClients::Take(int fd) {
  auto node = clients_.extract(fd);
  return node.empty() ? std::nullopt : std::optional(std::move(node.mapped().client));
}

void SilentClients::DropLate() {
  std::erase_if(clients_, [](const auto& one) { return one.second.client.speak_by.Expired(); });
}

bool SilentClients::DropOldest(const std::string& principal) {
  auto oldest = clients_.end();
  for (auto one = clients_.begin(); one != clients_.end(); ++one) {
    if (one->second.client.caller->principal == principal &&
        (oldest == clients_.end() || one->second.number < oldest->second.number)) {
      oldest = one;
    }
  }
  if (oldest == clients_.end()) {
    return false;
  }
  clients_.erase(oldest);
  return true;
}

}  // namespace attestd::agent
