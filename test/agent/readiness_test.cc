// SPDX-License-Identifier: Apache-2.0
#include "agent/readiness.h"

#include <absl/synchronization/mutex.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <vector>

namespace attestd::agent {
namespace {

// A device whose health is set from outside, and what was published of it.
class Device {
 public:
  absl::Status Check() {
    const absl::MutexLock lock(&mutex_);
    return health_;
  }
  void Publish(const absl::Status& status) {
    const absl::MutexLock lock(&mutex_);
    published_.push_back(status);
  }
  void Become(const absl::Status& health) {
    const absl::MutexLock lock(&mutex_);
    health_ = health;
  }
  // Waits until the last thing published has this code.
  bool Await(absl::StatusCode code) {
    const absl::MutexLock lock(&mutex_);
    const auto reached = [this, code]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !published_.empty() && published_.back().code() == code;
    };
    return mutex_.AwaitWithTimeout(absl::Condition(&reached), absl::Seconds(10));
  }

 private:
  absl::Mutex mutex_;
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Status> published_ ABSL_GUARDED_BY(mutex_);
};

TEST_CASE("Readiness follows the device down and up again") {
  Device device;
  device.Become(absl::FailedPreconditionError("no TPM"));
  Readiness readiness([&] { return device.Check(); },
                      [&](const absl::Status& status) { device.Publish(status); });
  REQUIRE(device.Await(absl::StatusCode::kFailedPrecondition));
  CHECK(absl::IsFailedPrecondition(readiness.Get()));
  device.Become(absl::OkStatus());
  REQUIRE(device.Await(absl::StatusCode::kOk));
  CHECK(readiness.Get().ok());
  device.Become(absl::UnavailableError("gone"));
  readiness.Suspect();
  REQUIRE(device.Await(absl::StatusCode::kUnavailable));
}

TEST_CASE("Readiness is not ready before the first check") {
  absl::Mutex gate;
  gate.Lock();
  auto readiness = std::make_unique<Readiness>(
      [&gate] {
        const absl::MutexLock lock(&gate);
        return absl::OkStatus();
      },
      [](const absl::Status& /*status*/) {});
  CHECK_FALSE(readiness->Get().ok());
  gate.Unlock();
}

}  // namespace
}  // namespace attestd::agent
