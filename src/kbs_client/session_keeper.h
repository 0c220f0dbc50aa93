// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_SESSION_KEEPER_H_
#define ATTESTD_KBS_CLIENT_SESSION_KEEPER_H_

#include <absl/base/thread_annotations.h>

#include <cstdint>
#include <functional>
#include <map>
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
// expires, by whoever asks for it late in its life; nobody waits for that. One that has expired is
// let go of, whether somebody asks or not.
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

  using Done = std::function<void(const absl::StatusOr<SessionRef>&)>;
  // Calls `done` exactly once: at once with the live session; when there is none, or it is `lost`,
  // after the next handshake, on another thread, with its session or error; or with
  // DeadlineExceeded or Cancelled when the caller's stop was requested first, which it must be by
  // its deadline. It outlives those who wait.
  void Get(const base::CallContext& context, const Session* lost, const Done& done);
  // The same for a thread that may wait.
  absl::StatusOr<SessionRef> Wait(const base::CallContext& context, const Session* lost = nullptr);
  // Null when there is none, or it has expired.
  SessionRef Live() const;

 private:
  struct Waiter {
    base::CallContext context;
    Done done;
    // Ends before what it calls.
    std::unique_ptr<std::stop_callback<std::function<void()>>> on_stop;
  };
  using Waiters = std::map<uint64_t, Waiter>;
  // A handshake that callers wait for.
  struct Flight {
    std::stop_source stop;
    Waiters waiters;
    bool renewal = false;  // goes on without callers
  };
  using FlightRef = std::shared_ptr<Flight>;

  bool Usable() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_);
  // The handshake under way, or a new one.
  FlightRef Join(bool renewal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_);
  void Await(const FlightRef& flight, uint64_t waiter, const std::stop_token& stop)
      ABSL_LOCKS_EXCLUDED(monitor_);
  void Leave(const std::weak_ptr<Flight>& weak, uint64_t waiter) ABSL_LOCKS_EXCLUDED(monitor_);
  void RenewInTime() ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_);
  void Run();
  // What those who waited are told.
  absl::StatusOr<SessionRef> Conclude(absl::StatusOr<Session> made)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_);

  const MakeSession make_;
  const Random random_;
  mutable base::Monitor monitor_;
  uint64_t last_waiter_ ABSL_GUARDED_BY(monitor_) = 0;
  SessionRef session_ ABSL_GUARDED_BY(monitor_);
  base::Deadline renew_at_ ABSL_GUARDED_BY(monitor_) = base::Deadline::Infinite();
  FlightRef next_ ABSL_GUARDED_BY(monitor_);     // waits for the thread
  FlightRef current_ ABSL_GUARDED_BY(monitor_);  // runs on it
  bool stopping_ ABSL_GUARDED_BY(monitor_) = false;
  std::thread thread_ ABSL_GUARDED_BY(monitor_);  // since the first handshake
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_SESSION_KEEPER_H_
