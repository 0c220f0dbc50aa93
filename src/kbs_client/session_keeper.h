// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_SESSION_KEEPER_H_
#define ATTESTD_KBS_CLIENT_SESSION_KEEPER_H_

#include <absl/base/thread_annotations.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>

#include "base/call_context.h"
#include "base/monitor.h"
#include "base/status.h"
#include "kbs_client/backoff.h"
#include "kbs_client/handshake.h"

namespace attestd::kbs {

// Holds the session with one broker. Handshakes run on a thread of its own, one at a time, for all
// who wait; one that nobody waits for any more is stopped. A session in use is renewed before it
// expires, by whoever asks for it late in its life; nobody waits for that.
class SessionKeeper {
 public:
  // shared_ptr: requests under way keep the session they began with while a newer one replaces it.
  using SessionRef = std::shared_ptr<const Session>;
  using MakeSession = std::function<absl::StatusOr<Session>(const base::CallContext&)>;

  SessionKeeper(MakeSession make, Random random);
  SessionKeeper(const SessionKeeper&) = delete;
  SessionKeeper& operator=(const SessionKeeper&) = delete;
  // Stops a handshake under way.
  ~SessionKeeper();

  // The live session, or a new one when there is none or it is `lost`. Errors of the handshake;
  // DeadlineExceeded or Cancelled when this caller's time was up first.
  absl::StatusOr<SessionRef> Get(const base::CallContext& context, const Session* lost = nullptr);
  bool HasSession() const;

 private:
  // A handshake that callers wait for.
  struct Flight {
    std::stop_source stop;
    int waiting = 0;
    bool renewal = false;  // goes on without callers
    bool done = false;
    absl::StatusOr<SessionRef> session = absl::UnknownError("not done");
  };
  using FlightRef = std::shared_ptr<Flight>;

  bool Usable() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_);
  // The handshake under way, or a new one.
  FlightRef Join(bool renewal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_);
  // False when the caller's time was up before the handshake's end.
  bool Await(Flight& flight, const base::CallContext& context, const bool& left)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_);
  void RenewInTime() ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_);
  void Run();
  absl::StatusOr<Session> Guarded(std::stop_token stop) const;
  void Conclude(Flight& flight, absl::StatusOr<Session> made)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_);

  const MakeSession make_;
  const Random random_;
  mutable base::Monitor monitor_;
  SessionRef session_ ABSL_GUARDED_BY(monitor_);
  base::Deadline renew_at_ ABSL_GUARDED_BY(monitor_) = base::Deadline::Infinite();
  FlightRef next_ ABSL_GUARDED_BY(monitor_);     // waits for the thread
  FlightRef current_ ABSL_GUARDED_BY(monitor_);  // runs on it
  bool stopping_ ABSL_GUARDED_BY(monitor_) = false;
  std::thread thread_ ABSL_GUARDED_BY(monitor_);  // since the first handshake
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_SESSION_KEEPER_H_
