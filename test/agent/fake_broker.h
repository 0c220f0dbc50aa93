// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_AGENT_FAKE_BROKER_H_
#define ATTESTD_TEST_AGENT_FAKE_BROKER_H_

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/monitor.h"
#include "kbs_client/broker.h"

namespace attestd::agent {

// Answers as told: with a secret of its name, an error, or not before it is let go or stopped.
class FakeBroker : public kbs::Broker {
 public:
  explicit FakeBroker(std::string name) : name_(std::move(name)) {}

  void GetResource(const kbs::ResourceUri& /*uri*/, const base::CallContext& context,
                   Done done) override {
    auto pending = std::make_shared<Pending>();
    pending->done = std::move(done);
    {
      const base::MonitorLock lock(monitor_);
      ++asked_;
      pending_.push_back(pending);
      monitor_.NotifyAll();
      if (failures_ > 0) {
        --failures_;
        pending->failed = true;
      } else if (stalls_) {
        pending->stalled = true;
      }
    }
    if (pending->stalled) {
      pending->on_stop.emplace(context.stop, [this, weak = std::weak_ptr<Pending>(pending),
                                              context] { Conclude(weak.lock(), context.Check()); });
    } else {
      Conclude(pending, pending->failed ? base::MakeStatus(absl::StatusCode::kUnavailable,
                                                           base::Reason::kBrokerUnreachable, "down")
                                        : absl::OkStatus());
    }
  }
  absl::StatusOr<kbs::Token> GetToken(const base::CallContext& /*context*/) override {
    ASSIGN_OR_RETURN(base::Secret jwt, base::Secret::Copy(base::AsBytes(name_)));
    return kbs::Token{.jwt = std::move(jwt), .key = {}};
  }
  State GetState() const override { return {}; }

  void Stall(bool stalls) {
    std::vector<std::shared_ptr<Pending>> released;
    {
      const base::MonitorLock lock(monitor_);
      stalls_ = stalls;
      released = pending_;
    }
    for (const std::shared_ptr<Pending>& pending : released) {
      if (!stalls) {
        Conclude(pending, absl::OkStatus());
      }
    }
  }
  void FailNext(int failures) {
    const base::MonitorLock lock(monitor_);
    failures_ = failures;
  }
  void Answer(absl::Status answer) {
    const base::MonitorLock lock(monitor_);
    answer_ = std::move(answer);
  }
  int asked() {
    const base::MonitorLock lock(monitor_);
    return asked_;
  }
  void AwaitAsked(int count) {
    Await([&] { return asked_ >= count; });
  }
  void AwaitGivenUp(int count) {
    Await([&] { return given_up_ >= count; });
  }

 private:
  struct Pending {
    Done done;
    std::optional<std::stop_callback<std::function<void()>>> on_stop;
    bool failed = false;
    bool stalled = false;
  };

  // Once: whoever comes first.
  void Conclude(const std::shared_ptr<Pending>& pending, const absl::Status& failure) {
    absl::Status status = failure;
    {
      const base::MonitorLock lock(monitor_);
      if (pending == nullptr || std::erase(pending_, pending) == 0) {
        return;
      }
      status = failure.ok() ? answer_ : failure;
      given_up_ += pending->stalled && !failure.ok() ? 1 : 0;
      monitor_.NotifyAll();
    }
    pending->done(status.ok() ? base::Secret::Copy(base::AsBytes(name_)) : status);
  }
  template <typename Predicate>
  void Await(Predicate holds) {
    const base::MonitorLock lock(monitor_);
    REQUIRE(monitor_.Await(base::Deadline::After(absl::Seconds(20)), holds));
  }

  const std::string name_;
  base::Monitor monitor_;
  bool stalls_ = false;
  int failures_ = 0;
  std::vector<std::shared_ptr<Pending>> pending_;
  int asked_ = 0;
  int given_up_ = 0;
  absl::Status answer_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_TEST_AGENT_FAKE_BROKER_H_
