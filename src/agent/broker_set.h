// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_BROKER_SET_H_
#define ATTESTD_AGENT_BROKER_SET_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "base/status.h"
#include "kbs_client/kbs_client.h"

namespace attestd::agent {

// One configured broker and the client that talks to it.
struct Broker {
  BrokerConfig config;
  std::unique_ptr<kbs::KbsClient> client;
};

// The configured brokers, in order; at least one.
class BrokerSet {
 public:
  explicit BrokerSet(std::vector<Broker> brokers) : brokers_(std::move(brokers)) {}

  // By configured name or by host[:port] of its url; "" is the first. InvalidArgument
  // (kUnknownBroker) for anything else: a caller never chooses where requests go.
  absl::StatusOr<kbs::KbsClient*> Select(std::string_view word) const;
  const std::vector<Broker>& all() const { return brokers_; }

 private:
  const std::vector<Broker> brokers_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_BROKER_SET_H_
