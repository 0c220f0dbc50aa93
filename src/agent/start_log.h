// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_START_LOG_H_
#define ATTESTD_AGENT_START_LOG_H_

#include <vector>

#include "agent/chosen_tee.h"
#include "agent/config.h"

namespace attestd::agent {

// What an operator chose that others should know of: plain HTTP, keys that are given out.
void WarnOfChoices(const std::vector<BrokerConfig>& brokers);

// That attestd listens, with what, and the choices.
void LogStart(const ChosenTee& chosen, const Config& config);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_START_LOG_H_
