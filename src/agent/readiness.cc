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
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

absl::Status Readiness::Get() const {
  const absl::MutexLock lock(&mutex_);
  return status_;
}

void Readiness::Suspect() {
  const absl::MutexLock lock(&mutex_);
  suspect_ = true;
}

void Readiness::Run() {
  while (true) {
    const absl::Status now = check_();
    bool changed = false;
    {
      const absl::MutexLock lock(&mutex_);
      changed = now != status_;
      status_ = now;
    }
    if (changed) {
      publish_(now);
    }
    const absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(
                                +[](Readiness* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
                                  return self->stopping_ || self->suspect_;
                                },
                                this),
                            now.ok() ? kWhenWell : kWhenUnwell);
    if (stopping_) {
      return;
    }
    suspect_ = false;
  }
}

}  // namespace attestd::agent
