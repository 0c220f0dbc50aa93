// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SILENT_CLIENTS_H_
#define ATTESTD_AGENT_SILENT_CLIENTS_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/caller.h"
#include "base/deadline.h"
#include "base/handle.h"

namespace attestd::agent {

// Clients that have said nothing yet, by descriptor. Used by one thread.
class SilentClients {
 public:
  struct Client {
    base::UniqueFd socket;
    base::CallerRef caller;
    base::Deadline speak_by;  // hung up on then
  };

  void Add(Client client);
  // Null when there is none.
  const Client* Find(int fd) const;
  // Nothing when there is none.
  std::optional<Client> Take(int fd);

  // Hangs up on those whose time is up.
  void DropLate();
  // Hangs up on the one of the principal that has been silent for longest; false: there is none.
  bool DropOldest(const std::string& principal);

  bool empty() const { return clients_.empty(); }

 private:
  struct Entry {
    Client client;
    size_t number = 0;  // in the order in which they came
  };
  std::map<int, Entry> clients_;
  size_t last_ = 0;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SILENT_CLIENTS_H_
