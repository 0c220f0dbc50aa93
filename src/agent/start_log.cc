// SPDX-License-Identifier: Apache-2.0
#include "agent/start_log.h"

#include <string>

#include "base/log.h"
#include "tee/backend.h"

namespace attestd::agent {
namespace {

void WarnOfFake(const std::string& key, const tee::Backend& backend) {
  if (backend.fake) {
    base::Log(base::Severity::kWarning, "SAMPLE EVIDENCE: " + key + " \"" + backend.name +
                                            "\" proves nothing; allowed by allow_sample = true");
  }
}

}  // namespace

void WarnOfChoices(const std::vector<BrokerConfig>& brokers) {
  for (const BrokerConfig& broker : brokers) {
    if (broker.allow_http) {
      base::Log(base::Severity::kWarning,
                "PLAIN HTTP is allowed to this broker; anyone on the path can forge secrets",
                {{"kbs", broker.name}});
    }
    if (broker.export_tee_key) {
      base::Log(base::Severity::kWarning,
                "the private keys of tokens are given to whoever may ask for a token",
                {{"kbs", broker.name}});
    }
  }
}

void LogStart(const ChosenTee& chosen, const Config& config) {
  base::Log(base::Severity::kNotice, "listening",
            {{"version", ATTESTD_VERSION},
             {"backend", chosen.platform->name},
             {"socket", config.listeners.front().name()}});
  WarnOfFake("backend", *chosen.platform);
  for (const tee::Backend* device : chosen.devices) {
    WarnOfFake("device", *device);
  }
  WarnOfChoices(config.brokers);
}

}  // namespace attestd::agent
