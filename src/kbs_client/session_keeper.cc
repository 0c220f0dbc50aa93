// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/session_keeper.h"

#include <exception>
#include <new>
#include <utility>

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

bool SessionKeeper::HasSession() const {
  const base::MonitorLock lock(monitor_);
  return Usable();
}

absl::StatusOr<SessionKeeper::SessionRef> SessionKeeper::Get(const base::CallContext& context,
                                                             const Session* lost) {
  bool left = false;
  // Runs where the stop is requested, and wakes Await.
  const std::stop_callback on_stop(context.stop, [this, &left] {
    const base::MonitorLock lock(monitor_);
    left = true;
    monitor_.NotifyAll();
  });
  const base::MonitorLock lock(monitor_);
  if (lost != nullptr && session_.get() == lost) {
    session_ = nullptr;
  }
  if (Usable()) {
    RenewInTime();
    return session_;
  }
  const FlightRef flight = Join(/*renewal=*/false);
  if (!Await(*flight, context, left)) {
    return base::Annotate(left ? absl::CancelledError("the caller has left") : context.Check(),
                          "while waiting for the handshake");
  }
  return flight->session;
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

bool SessionKeeper::Await(Flight& flight, const base::CallContext& context, const bool& left) {
  ++flight.waiting;
  monitor_.Await(context.deadline, [&] { return flight.done || left; });
  --flight.waiting;
  if (!flight.done && flight.waiting == 0 && !flight.renewal) {
    flight.stop.request_stop();
    if (next_.get() == &flight) {
      next_ = nullptr;
    }
  }
  return flight.done;
}

void SessionKeeper::RenewInTime() {
  if (renew_at_.Expired() && current_ == nullptr) {
    Join(/*renewal=*/true);
  }
}

void SessionKeeper::Run() {
  const base::MonitorLock lock(monitor_);
  while (true) {
    monitor_.Await(base::Deadline::Infinite(), [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_) {
      return stopping_ || next_ != nullptr;
    });
    if (stopping_) {
      return;
    }
    current_ = std::exchange(next_, nullptr);
    const FlightRef flight = current_;
    monitor_.Unlock();
    absl::StatusOr<Session> made = Guarded(flight->stop.get_token());
    monitor_.Lock();
    Conclude(*flight, std::move(made));
  }
}

// No exception may end the thread.
absl::StatusOr<Session> SessionKeeper::Guarded(std::stop_token stop) const {
  try {
    return make_({.deadline = base::Deadline::After(kHandshakeLimit), .stop = std::move(stop)});
  } catch (const std::bad_alloc&) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kBusy,
                            "out of memory");
  } catch (const std::exception&) {
    return absl::InternalError("a library threw");
  }
}

void SessionKeeper::Conclude(Flight& flight, absl::StatusOr<Session> made) {
  current_ = nullptr;
  flight.done = true;
  if (made.ok()) {
    session_ = std::make_shared<const Session>(*std::move(made));
    flight.session = session_;
    const absl::Duration life = session_->expiry.Remaining();
    renew_at_ = base::Deadline::After(life * (kRenewFrom + kRenewSpan * random_()));
  } else {
    flight.session = made.status();
    if (session_ != nullptr) {
      renew_at_ = base::Deadline::After(session_->expiry.Remaining() * kRetryPart);
    }
  }
  monitor_.NotifyAll();
}

}  // namespace attestd::kbs
