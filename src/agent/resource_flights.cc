// SPDX-License-Identifier: Apache-2.0
#include "agent/resource_flights.h"

#include <absl/cleanup/cleanup.h>

#include <atomic>
#include <stop_token>
#include <variant>
#include <vector>

#include "base/guarded.h"

namespace attestd::agent {

struct ResourceFlights::Waiter {
  base::CallContext caller;
  Done done;
  // Ends before what it calls.
  std::unique_ptr<std::stop_callback<std::function<void()>>> on_stop;
};

// Guarded by ResourceFlights::mutex_, but for what never changes.
struct ResourceFlights::Flight {
  Flight(std::shared_ptr<const BrokerSet> brokers_arg, kbs::ResourceUri uri_arg,
         BrokerSet::Candidates candidates_arg, const kbs::Random& random)
      : brokers(std::move(brokers_arg)),
        uri(std::move(uri_arg)),
        candidates(std::move(candidates_arg)),
        plan(candidates.size(), brokers->failover(), random) {}

  const std::shared_ptr<const BrokerSet> brokers;
  const kbs::ResourceUri uri;
  const BrokerSet::Candidates candidates;
  FlightPlan plan;
  Waiters waiters;
  std::vector<std::stop_source> attempts;
  base::Alarm::Id alarm = 0;
  bool finished = false;

  base::Deadline Deadline() const {
    base::Deadline latest = base::Deadline::After(absl::ZeroDuration());
    for (const auto& [id, waiter] : waiters) {
      latest = base::Deadline::Later(latest, waiter.caller.deadline);
    }
    return latest;
  }
};

namespace {

// Each of those that run has a connection to its broker.
constexpr Slots::Limits kAttempts = {.running = 32, .waiting = 2048};

absl::Status Busy() {
  return base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kBusy,
                          "too many requests");
}

}  // namespace

ResourceFlights::ResourceFlights(const CurrentBrokers& brokers, base::Alarm& alarm,
                                 kbs::Random random)
    : brokers_(brokers), alarm_(alarm), random_(std::move(random)), slots_(kAttempts) {}

ResourceFlights::~ResourceFlights() = default;

void ResourceFlights::Get(const kbs::ResourceUri& uri, const base::CallContext& caller, Done done) {
  FlightRef flight;
  uint64_t id = 0;
  {
    absl::ReleasableMutexLock lock(&mutex_);
    absl::StatusOr<FlightRef> joined = Join(uri);
    if (!joined.ok()) {
      lock.Release();
      done(joined.status());
      return;
    }
    flight = *std::move(joined);
    id = ++last_waiter_;
    flight->waiters.emplace(id, Waiter{.caller = caller, .done = std::move(done), .on_stop = {}});
  }
  absl::Cleanup forget = [&] {
    const absl::MutexLock lock(&mutex_);
    flight->waiters.erase(id);
  };
  // May call Leave at once, which is why the waiter is there before.
  auto on_stop = std::make_unique<std::stop_callback<std::function<void()>>>(
      caller.stop, [this, weak = std::weak_ptr<Flight>(flight), id] { Leave(weak, id); });
  {
    const absl::MutexLock lock(&mutex_);
    if (const auto found = flight->waiters.find(id); found != flight->waiters.end()) {
      found->second.on_stop = std::move(on_stop);
    }
  }
  std::move(forget).Cancel();
  Proceed(flight);
}

absl::StatusOr<ResourceFlights::FlightRef> ResourceFlights::Join(const kbs::ResourceUri& uri) {
  std::shared_ptr<const BrokerSet> brokers = brokers_.Get();
  const Key key(brokers.get(), uri);
  const auto found = flights_.find(key);
  if (found != flights_.end()) {
    return found->second;
  }
  ASSIGN_OR_RETURN(BrokerSet::Candidates candidates, brokers->Select(uri.broker()));
  auto flight = std::make_shared<Flight>(std::move(brokers), uri, std::move(candidates), random_);
  flights_.emplace(key, flight);
  return flight;
}

void ResourceFlights::Leave(const std::weak_ptr<Flight>& weak, uint64_t waiter) {
  const FlightRef flight = weak.lock();
  if (flight == nullptr) {
    return;
  }
  Waiters left;
  {
    const absl::MutexLock lock(&mutex_);
    left.insert(flight->waiters.extract(waiter));
    if (!left.empty() && flight->waiters.empty()) {
      Close(*flight);
    }
  }
  for (auto& [id, gone] : left) {
    const absl::Status why = gone.caller.Check();
    gone.done(why.ok() ? absl::CancelledError("the caller has left") : why);
  }
  StopIfClosed(*flight);
}

void ResourceFlights::Proceed(const FlightRef& flight) {
  const absl::Status status = base::Guarded([&] {
    TakeSteps(flight);
    return absl::OkStatus();
  });
  if (!status.ok()) {
    Finish(flight, status);
  }
}

void ResourceFlights::TakeSteps(const FlightRef& flight) {
  while (true) {
    FlightPlan::Step step;
    base::Alarm::Id old = 0;
    {
      const absl::MutexLock lock(&mutex_);
      if (flight->finished) {
        return;
      }
      const absl::Duration now = base::BootTime();
      step = flight->plan.Next(now, now + flight->Deadline().Remaining());
      old = std::exchange(flight->alarm, 0);
      const auto* wait = std::get_if<FlightPlan::Wait>(&step);
      if (wait != nullptr && wait->until != absl::InfiniteDuration()) {
        flight->alarm = alarm_.At(base::Deadline::After(wait->until - now),
                                  [this, flight] { Proceed(flight); });
      }
    }
    alarm_.Cancel(old);
    if (const auto* attempt = std::get_if<FlightPlan::Attempt>(&step)) {
      Launch(flight, *attempt);
    } else if (const auto* verdict = std::get_if<FlightPlan::Verdict>(&step)) {
      Finish(flight, verdict->status);
      return;
    } else {
      return;
    }
  }
}

void ResourceFlights::Launch(const FlightRef& flight, const FlightPlan::Attempt& attempt) {
  const int lane = flight->candidates[attempt.candidate]->lane;
  const absl::Status entered = base::Guarded([&] {
    return slots_.Enter(lane, [this, flight, attempt] { Attempt(flight, attempt); })
               ? absl::OkStatus()
               : Busy();
  });
  if (!entered.ok()) {
    const absl::MutexLock lock(&mutex_);
    flight->plan.Failed(attempt.candidate, base::BootTime(), entered);
  }
}

// However it ends, the slot is left once.
void ResourceFlights::Attempt(const FlightRef& flight, const FlightPlan::Attempt& attempt) {
  std::shared_ptr<std::atomic<bool>> over;
  const absl::Status begun = base::Guarded([&] {
    over = std::make_shared<std::atomic<bool>>(false);
    Ask(flight, attempt, over);
    return absl::OkStatus();
  });
  if (!begun.ok() && (over == nullptr || !over->exchange(true))) {
    Conclude(flight, attempt.candidate, begun);
    slots_.Leave(flight->candidates[attempt.candidate]->lane);
  }
}

void ResourceFlights::Ask(const FlightRef& flight, const FlightPlan::Attempt& attempt,
                          const std::shared_ptr<std::atomic<bool>>& over) {
  const ConfiguredBroker& asked = *flight->candidates[attempt.candidate];
  std::stop_source stop;
  {
    const absl::MutexLock lock(&mutex_);
    if (flight->finished) {
      stop.request_stop();
    }
    flight->attempts.push_back(stop);
  }
  const base::CallContext context{
      .deadline = base::Deadline::After(attempt.until - base::BootTime()),
      .stop = stop.get_token()};
  const base::Alarm::Id alarm =
      alarm_.At(context.deadline, [stop]() mutable { stop.request_stop(); });
  // Nothing may follow Leave but what needs neither this nor the flight.
  auto done = [this, held = flight, candidate = attempt.candidate, lane = asked.lane, alarm,
               over](absl::StatusOr<base::Secret> secret) mutable {
    alarm_.Cancel(alarm);
    if (over->exchange(true)) {
      return;
    }
    Conclude(held, candidate, std::move(secret));
    held.reset();
    slots_.Leave(lane);
  };
  if (absl::Status status = context.Check(); !status.ok()) {
    done(std::move(status));
  } else {
    asked.broker->GetResource(flight->uri, context, std::move(done));
  }
}

void ResourceFlights::Conclude(const FlightRef& flight, size_t candidate,
                               absl::StatusOr<base::Secret> secret) {
  if (secret.ok()) {
    const ConfiguredBroker& asked = *flight->candidates[candidate];
    Finish(flight, Released{.secret = std::make_shared<const base::Secret>(*std::move(secret)),
                            .broker = asked.config.name,
                            .evidence = asked.broker->GetState().evidence});
    return;
  }
  {
    const absl::MutexLock lock(&mutex_);
    flight->plan.Failed(candidate, base::BootTime(), secret.status());
  }
  Proceed(flight);
}

void ResourceFlights::Finish(const FlightRef& flight, const Result& result) {
  Waiters waiters;
  {
    const absl::MutexLock lock(&mutex_);
    if (flight->finished) {
      return;
    }
    waiters = Close(*flight);
  }
  StopIfClosed(*flight);
  for (auto& [id, waiter] : waiters) {
    waiter.on_stop.reset();
    waiter.done(result);
  }
}

// Nobody joins it from here on.
ResourceFlights::Waiters ResourceFlights::Close(Flight& flight) {
  flight.finished = true;
  flights_.erase(Key(flight.brokers.get(), flight.uri));
  return std::exchange(flight.waiters, {});
}

// Ends attempts that are no longer needed. Without the lock: they may call back.
void ResourceFlights::StopIfClosed(Flight& flight) {
  base::Alarm::Id alarm = 0;
  std::vector<std::stop_source> attempts;
  {
    const absl::MutexLock lock(&mutex_);
    if (!flight.finished) {
      return;
    }
    alarm = std::exchange(flight.alarm, 0);
    attempts.swap(flight.attempts);
  }
  alarm_.Cancel(alarm);
  for (std::stop_source& attempt : attempts) {
    attempt.request_stop();
  }
}

}  // namespace attestd::agent
