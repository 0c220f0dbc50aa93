// SPDX-License-Identifier: Apache-2.0
#include "agent/readiness.h"

#include <utility>

namespace attestd::agent {
namespace {

constexpr absl::Duration kWhenWell = absl::Seconds(15);
constexpr absl::Duration kWhenUnwell = absl::Seconds(1);

}  // namespace

Readiness::Readiness(Check check, Publish publish)
    : check_(std::move(check)),
      publish_(std::move(publish)),
      status_(absl::UnavailableError("starting")),
      thread_([this] { Run(); }) {}

Readiness::~Readiness() {
  {
    const base::MonitorLock lock(monitor_);
    stopping_ = true;
    monitor_.NotifyAll();
  }
  thread_.join();
}

absl::Status Readiness::Get() const {
  const base::MonitorLock lock(monitor_);
  return status_;
}

void Readiness::Suspect() {
  const base::MonitorLock lock(monitor_);
  suspect_ = true;
  monitor_.NotifyAll();
}

void Readiness::Run() {
  while (true) {
    const absl::Status now = check_();
    bool changed = false;
    {
      const base::MonitorLock lock(monitor_);
      changed = now != status_;
      status_ = now;
    }
    if (changed) {
      publish_(now);
    }
    const base::MonitorLock lock(monitor_);
    monitor_.Await(base::Deadline::After(now.ok() ? kWhenWell : kWhenUnwell),
                   [this]()
                       ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_) { return stopping_ || suspect_; });
    if (stopping_) {
      return;
    }
    suspect_ = false;
  }
}

}  // namespace attestd::agent
