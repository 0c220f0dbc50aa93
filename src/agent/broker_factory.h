// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_BROKER_FACTORY_H_
#define ATTESTD_AGENT_BROKER_FACTORY_H_

#include <string>
#include <vector>

#include "agent/broker_set.h"
#include "agent/config.h"
#include "base/io_loop.h"
#include "base/status.h"
#include "evidence/collector.h"

namespace attestd::agent {

// What brokers are made with; it outlives them.
struct BrokerContext {
  evidence::Collector& collector;
  base::IoLoop& loop;
  std::string init_data;  // text of the init data; empty without
};

// The brokers that the configuration names. One whose configuration and files are the same as in
// `before` is taken over, with its session. Errors name the broker, the file and what to change.
absl::StatusOr<BrokerSet> MakeBrokers(const Config& config, const BrokerContext& context,
                                      const BrokerSet* before = nullptr);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_BROKER_FACTORY_H_
