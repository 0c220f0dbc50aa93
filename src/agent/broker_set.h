// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_BROKER_SET_H_
#define ATTESTD_AGENT_BROKER_SET_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config.h"
#include "base/alarm.h"
#include "base/status.h"
#include "kbs_client/broker.h"

namespace attestd::agent {

// One configured broker and what talks to it.
struct ConfiguredBroker {
  BrokerConfig config;
  std::string files;  // digest of the files that it names, as they were read
  std::shared_ptr<kbs::Broker> broker;
  int lane = 0;  // Slots::Lane of its requests, WorkerPool::Lane of its tokens
};

// The configured brokers; at least one.
class BrokerSet {
 public:
  // `brokers` as configured; `failover` for requests that name none of them.
  BrokerSet(std::vector<ConfiguredBroker> brokers, FailoverConfig failover);

  using Candidates = std::vector<const ConfiguredBroker*>;
  // Whom to ask, in this order: the one that `word` names (by configured name or by host[:port] of
  // its url), or for "" all of them by priority, those that fail just now last. InvalidArgument
  // (kUnknownBroker) for any other word: a caller never chooses where requests go.
  absl::StatusOr<Candidates> Select(std::string_view word) const;

  // The attestation token of the first broker that gives one. Errors of kbs::Broker.
  absl::StatusOr<kbs::Token> GetToken(const base::CallContext& context) const;

  // By priority.
  const std::vector<ConfiguredBroker>& all() const { return brokers_; }
  const FailoverConfig& failover() const { return failover_; }

 private:
  std::vector<ConfiguredBroker> brokers_;  // by priority
  FailoverConfig failover_;
};

// The set in force. Requests keep the one that they began with. The last to let go of a set may be
// a thread that its brokers' end would wait for, so that `alarm` ends it.
class CurrentBrokers {
 public:
  CurrentBrokers(BrokerSet brokers, base::Alarm& alarm) : alarm_(alarm) { Set(std::move(brokers)); }

  std::shared_ptr<const BrokerSet> Get() const {
    const absl::MutexLock lock(&mutex_);
    return brokers_;
  }
  void Set(BrokerSet brokers) {
    std::shared_ptr<const BrokerSet> next(
        new BrokerSet(std::move(brokers)), [&alarm = alarm_](const BrokerSet* ended) {
          alarm.At(base::Deadline::After(absl::ZeroDuration()),
                   [owned = std::shared_ptr<const BrokerSet>(ended)] {});
        });
    const absl::MutexLock lock(&mutex_);
    brokers_.swap(next);
  }

 private:
  base::Alarm& alarm_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const BrokerSet> brokers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_BROKER_SET_H_
