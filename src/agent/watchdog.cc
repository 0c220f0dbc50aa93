// SPDX-License-Identifier: Apache-2.0
#include "agent/watchdog.h"

#include <atomic>
#include <utility>

#include "base/log.h"

namespace attestd::agent {

struct Watchdog::Pulse {
  // Of the questions so far: an answer to an older one counts for nothing.
  std::atomic<bool> answered{true};
  // Touched by the watchdog's thread only.
  bool asked = false;
  bool hangs = false;
  absl::Duration since = absl::ZeroDuration();
};

Watchdog::Watchdog(absl::Duration interval, std::vector<Vital> vitals, std::function<void()> alive)
    : interval_(interval), vitals_(std::move(vitals)), alive_(std::move(alive)) {
  for (size_t i = 0; i < vitals_.size(); ++i) {
    pulses_.push_back(std::make_shared<Pulse>());
  }
  thread_ = std::thread([this] { Run(); });
}

Watchdog::~Watchdog() {
  {
    const base::MonitorLock lock(monitor_);
    stopping_ = true;
    monitor_.NotifyAll();
  }
  thread_.join();
}

void Watchdog::Run() {
  while (true) {
    bool well = true;
    for (size_t i = 0; i < vitals_.size(); ++i) {
      well = Look(vitals_[i], *pulses_[i]) && well;
    }
    for (size_t i = 0; i < vitals_.size(); ++i) {
      const std::shared_ptr<Pulse>& pulse = pulses_[i];
      if (!pulse->asked) {
        pulse->asked = vitals_[i].ask([pulse] { pulse->answered = true; });
      }
    }
    if (well) {
      alive_();
    }
    const base::MonitorLock lock(monitor_);
    if (monitor_.Await(base::Deadline::After(interval_),
                       [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_) { return stopping_; })) {
      return;
    }
  }
}

// Whether it is well; a part that has answered is to be asked anew.
bool Watchdog::Look(const Vital& vital, Pulse& pulse) {
  if (pulse.answered.exchange(false)) {
    pulse.asked = false;
    pulse.since = base::BootTime();
    if (std::exchange(pulse.hangs, false)) {
      base::Log(base::Severity::kWarning, "self-check: goes on", {{"part", vital.name}});
    }
    return true;
  }
  if (base::BootTime() - pulse.since <= vital.patience) {
    return true;
  }
  if (!std::exchange(pulse.hangs, true)) {
    base::Log(base::Severity::kError,
              "self-check: a part hangs, and systemd is told no more that attestd is alive",
              {{"part", vital.name}});
  }
  return false;
}

}  // namespace attestd::agent
