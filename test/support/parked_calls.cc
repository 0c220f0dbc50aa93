// SPDX-License-Identifier: Apache-2.0
#include "test/support/parked_calls.h"

#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

namespace attestd::test {

struct ParkedCalls::Call {
  base::Done done;
  std::optional<std::stop_callback<std::function<void()>>> on_stop;
};

ParkedCalls::ParkedCalls() = default;
ParkedCalls::~ParkedCalls() = default;

void ParkedCalls::Park(const std::string& name, const base::CallContext& caller, base::Done done) {
  auto call = std::make_shared<Call>();
  call->done = std::move(done);
  {
    const absl::MutexLock lock(&mutex_);
    calls_[name] = call;
  }
  call->on_stop.emplace(caller.stop, [this, name, caller] {
    const absl::Status why = caller.Check();
    End(name, why.ok() ? absl::CancelledError("left") : why);
  });
}

void ParkedCalls::End(const std::string& name, const absl::StatusOr<base::Reply>& reply) {
  std::shared_ptr<Call> call;
  {
    const absl::MutexLock lock(&mutex_);
    if (const auto found = calls_.find(name); found != calls_.end()) {
      call = std::move(found->second);
      calls_.erase(found);
    }
  }
  if (call != nullptr) {
    call->done(reply);
  }
}

void ParkedCalls::Release(const std::string& name, const absl::StatusOr<base::Reply>& reply) {
  {
    const auto there = [this, &name]()
                           ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return calls_.contains(name); };
    const absl::MutexLock lock(&mutex_);
    REQUIRE(mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(30)));
  }
  End(name, reply);
}

void ParkedCalls::Await(size_t count) {
  const auto reached = [this, count]()
                           ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return calls_.size() == count; };
  const absl::MutexLock lock(&mutex_);
  REQUIRE(mutex_.AwaitWithTimeout(absl::Condition(&reached), absl::Seconds(30)));
}

}  // namespace attestd::test
