// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/session_keeper.h"

#include <utility>

#include "base/await.h"
#include "base/guarded.h"

namespace attestd::kbs {
namespace {

// Longer than any caller waits.
constexpr absl::Duration kHandshakeLimit = absl::Seconds(60);
// A session is renewed between these parts of its life.
constexpr double kRenewFrom = 0.75;
constexpr double kRenewSpan = 0.10;
// A renewal that failed is tried again after this part of what is left.
constexpr double kRetryPart = 0.2;

}  // namespace

SessionKeeper::SessionKeeper(MakeSession make, Random random)
    : make_(std::move(make)), random_(std::move(random)) {}

SessionKeeper::~SessionKeeper() {
  std::thread thread;
  {
    const base::MonitorLock lock(monitor_);
    stopping_ = true;
    if (current_ != nullptr) {
      current_->stop.request_stop();
    }
    thread = std::move(thread_);
  }
  monitor_.NotifyAll();
  if (thread.joinable()) {
    thread.join();
  }
}

SessionKeeper::SessionRef SessionKeeper::Live() const {
  const base::MonitorLock lock(monitor_);
  return Usable() ? session_ : nullptr;
}

void SessionKeeper::Get(const base::CallContext& context, const Session* lost, const Done& done) {
  SessionRef live;
  FlightRef flight;
  uint64_t waiter = 0;
  {
    const base::MonitorLock lock(monitor_);
    if (lost != nullptr && session_.get() == lost) {
      session_ = nullptr;
    }
    if (Usable()) {
      RenewInTime();
      live = session_;
    } else {
      flight = Join(/*renewal=*/false);
      waiter = ++last_waiter_;
      flight->waiters.emplace(waiter, Waiter{.context = context, .done = done, .on_stop = {}});
    }
  }
  if (live != nullptr) {
    done(live);
  } else {
    Await(flight, waiter, context.stop);
  }
}

// The caller's stop takes it out of the flight.
void SessionKeeper::Await(const FlightRef& flight, uint64_t waiter, const std::stop_token& stop) {
  // May call Leave at once, which is why the waiter is there before.
  auto on_stop = std::make_unique<std::stop_callback<std::function<void()>>>(
      stop, [this, weak = std::weak_ptr<Flight>(flight), waiter] { Leave(weak, waiter); });
  const base::MonitorLock lock(monitor_);
  if (const auto found = flight->waiters.find(waiter); found != flight->waiters.end()) {
    found->second.on_stop = std::move(on_stop);
  }
}

void SessionKeeper::Leave(const std::weak_ptr<Flight>& weak, uint64_t waiter) {
  const FlightRef flight = weak.lock();
  if (flight == nullptr) {
    return;
  }
  Waiters left;
  {
    const base::MonitorLock lock(monitor_);
    left.insert(flight->waiters.extract(waiter));
    if (!left.empty() && flight->waiters.empty() && !flight->renewal) {
      flight->stop.request_stop();
      if (next_ == flight) {
        next_ = nullptr;
      }
    }
  }
  for (auto& [id, gone] : left) {
    const absl::Status why = gone.context.Check();
    gone.done(base::Annotate(why.ok() ? absl::CancelledError("the caller has left") : why,
                             "while waiting for the handshake"));
  }
}

absl::StatusOr<SessionKeeper::SessionRef> SessionKeeper::Wait(const base::CallContext& context,
                                                              const Session* lost) {
  return base::Await<absl::StatusOr<SessionRef>>(
      context,
      [&](const base::CallContext& until, auto done) { Get(until, lost, std::move(done)); });
}

bool SessionKeeper::Usable() const { return session_ != nullptr && !session_->expiry.Expired(); }

SessionKeeper::FlightRef SessionKeeper::Join(bool renewal) {
  if (current_ != nullptr && !current_->stop.stop_requested()) {
    return current_;
  }
  if (next_ == nullptr) {
    next_ = std::make_shared<Flight>();
    next_->renewal = renewal;
    if (!thread_.joinable()) {
      thread_ = std::thread([this] { Run(); });
    }
    monitor_.NotifyAll();
  }
  return next_;
}

void SessionKeeper::RenewInTime() {
  if (renew_at_.Expired() && current_ == nullptr) {
    Join(/*renewal=*/true);
  }
}

void SessionKeeper::Run() {
  const base::MonitorLock lock(monitor_);
  while (true) {
    const base::Deadline until =
        session_ != nullptr ? session_->expiry : base::Deadline::Infinite();
    const bool asked = monitor_.Await(until, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_) {
      return stopping_ || next_ != nullptr;
    });
    if (stopping_) {
      return;
    }
    if (!asked) {
      session_ = nullptr;  // with its key; requests under way keep theirs
      continue;
    }
    current_ = std::exchange(next_, nullptr);
    const FlightRef flight = current_;
    monitor_.Unlock();
    absl::StatusOr<Session> made = base::Guarded([&] {
      return make_(
          {.deadline = base::Deadline::After(kHandshakeLimit), .stop = flight->stop.get_token()});
    });
    monitor_.Lock();
    const absl::StatusOr<SessionRef> session = Conclude(std::move(made));
    Waiters waiters = std::exchange(flight->waiters, {});
    monitor_.Unlock();
    for (auto& [id, waiter] : waiters) {
      waiter.on_stop.reset();
      waiter.done(session);
    }
    waiters.clear();
    monitor_.Lock();
  }
}

absl::StatusOr<SessionKeeper::SessionRef> SessionKeeper::Conclude(absl::StatusOr<Session> made) {
  current_ = nullptr;
  if (!made.ok()) {
    if (session_ != nullptr) {
      renew_at_ = base::Deadline::After(session_->expiry.Remaining() * kRetryPart);
    }
    return made.status();
  }
  session_ = std::make_shared<const Session>(*std::move(made));
  const absl::Duration life = session_->expiry.Remaining();
  renew_at_ = base::Deadline::After(life * (kRenewFrom + kRenewSpan * random_()));
  return session_;
}

}  // namespace attestd::kbs
