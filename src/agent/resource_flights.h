// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_RESOURCE_FLIGHTS_H_
#define ATTESTD_AGENT_RESOURCE_FLIGHTS_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "agent/broker_set.h"
#include "agent/flight_plan.h"
#include "agent/slots.h"
#include "base/alarm.h"
#include "base/call_context.h"
#include "base/secret.h"
#include "base/status.h"
#include "kbs_client/resource_uri.h"

namespace attestd::agent {

// Fetches secrets for many callers. Callers of one resource at a time share one fetch and hold no
// thread while they wait; a fetch that nobody waits for any more is stopped. Within the callers'
// time a fetch is tried again, with the next broker first, then after a wait.
class ResourceFlights {
 public:
  struct Released {
    std::shared_ptr<const base::Secret> secret;  // several callers share it
    std::string broker = {};                     // that gave it
    std::string evidence = {};                   // kbs::Broker::State
  };
  using Result = absl::StatusOr<Released>;
  using Done = std::function<void(const Result&)>;

  // `brokers` outlives it, and it outlives the callers; `alarm` ends between Drain and it.
  ResourceFlights(const CurrentBrokers& brokers, base::Alarm& alarm, kbs::Random random);
  ResourceFlights(const ResourceFlights&) = delete;
  ResourceFlights& operator=(const ResourceFlights&) = delete;
  ~ResourceFlights();

  // Calls `done` exactly once, on any thread: with the secret, an error of kbs::Broker, Cancelled
  // when the caller's stop was requested first (which it must be by its deadline), or
  // ResourceExhausted.
  void Get(const kbs::ResourceUri& uri, const base::CallContext& caller, Done done);
  // When nobody calls any more: waits for what is still asked of brokers, which is stopped by then.
  void Drain() { slots_.Drain(); }

 private:
  struct Waiter;
  struct Flight;
  using FlightRef = std::shared_ptr<Flight>;
  using Waiters = std::map<uint64_t, Waiter>;
  // A flight keeps to the brokers it began with.
  using Key = std::pair<const BrokerSet*, kbs::ResourceUri>;

  absl::StatusOr<FlightRef> Join(const kbs::ResourceUri& uri) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(const std::weak_ptr<Flight>& weak, uint64_t waiter) ABSL_LOCKS_EXCLUDED(mutex_);
  // Begins what the flight's plan says is next. Without memory for it, the flight ends.
  void Proceed(const FlightRef& flight) ABSL_LOCKS_EXCLUDED(mutex_);
  void TakeSteps(const FlightRef& flight) ABSL_LOCKS_EXCLUDED(mutex_);
  void Launch(const FlightRef& flight, const FlightPlan::Attempt& attempt);
  void Attempt(const FlightRef& flight, const FlightPlan::Attempt& attempt)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Ask(const FlightRef& flight, const FlightPlan::Attempt& attempt,
           const std::shared_ptr<std::atomic<bool>>& over) ABSL_LOCKS_EXCLUDED(mutex_);
  void Conclude(const FlightRef& flight, size_t candidate, absl::StatusOr<base::Secret> secret)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Finish(const FlightRef& flight, const Result& result) ABSL_LOCKS_EXCLUDED(mutex_);
  Waiters Close(Flight& flight) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StopIfClosed(Flight& flight) ABSL_LOCKS_EXCLUDED(mutex_);

  const CurrentBrokers& brokers_;
  base::Alarm& alarm_;
  const kbs::Random random_;
  Slots slots_;
  absl::Mutex mutex_;
  uint64_t last_waiter_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<Key, FlightRef> flights_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_RESOURCE_FLIGHTS_H_
