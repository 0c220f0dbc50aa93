// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_CLIENTS_H_
#define ATTESTD_REST_CLIENTS_H_

#include <absl/time/time.h>

#include <cstddef>
#include <map>

#include "base/caller.h"
#include "base/deadline.h"

namespace attestd::rest {

// Who is connected, by socket, and how long each may keep us waiting. Used by one thread; it closes
// no socket, but shuts it down, which the HTTP library then sees as its end.
class Clients {
 public:
  // For a whole request, and for taking its reply.
  Clients(absl::Duration request, absl::Duration patience)
      : request_(request), patience_(patience) {}

  // Before anything else of a client.
  void Add(int socket, base::CallerRef caller);
  const base::CallerRef& caller(int socket) const { return clients_.at(socket).caller; }
  // A request is awaited; of a client that is new, too.
  void Listen(int socket) { Set(socket, State::kListening, base::Deadline::After(request_)); }
  // It waits for us.
  void Work(int socket) { Set(socket, State::kWorking, base::Deadline::Infinite()); }
  // It is to take its reply.
  void Send(int socket) { Set(socket, State::kSending, base::Deadline::After(patience_)); }
  void Remove(int socket) { clients_.erase(socket); }

  // Hangs up on those whose time is up.
  void HangUpOnLate();
  // Hangs up on those of whom we have no request.
  void HangUpOnListeners();

  // Some have a request with us.
  bool busy() const;
  // When HangUpOnLate is wanted; it may be early.
  base::Deadline next() const { return next_; }

 private:
  enum class State { kListening, kWorking, kSending };
  struct Client {
    base::CallerRef caller;
    State state = State::kListening;
    base::Deadline by = base::Deadline::Infinite();
  };
  void Set(int socket, State state, base::Deadline by);

  const absl::Duration request_;
  const absl::Duration patience_;
  std::map<int, Client> clients_;
  base::Deadline next_ = base::Deadline::Infinite();
};

}  // namespace attestd::rest

#endif  // ATTESTD_REST_CLIENTS_H_
