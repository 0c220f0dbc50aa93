// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CHOSEN_TEE_H_
#define ATTESTD_AGENT_CHOSEN_TEE_H_

#include <memory>
#include <span>
#include <vector>

#include "agent/config.h"
#include "agent/status_service.h"
#include "base/status.h"
#include "evidence/collector.h"
#include "tee/backend.h"

namespace attestd::agent {

// The platform and the devices that were chosen.
struct ChosenTee {
  const tee::Backend* platform = nullptr;
  std::vector<const tee::Backend*> devices;

  bool fake() const;
};

// As the configuration says; points into `backends`. Errors of tee::SelectBackend.
absl::StatusOr<ChosenTee> ChooseTee(const Config& config, std::span<const tee::Backend> backends);

std::unique_ptr<evidence::Collector> MakeCollector(const ChosenTee& chosen, const Config& config);

StatusService::Explain MakeExplain(const ChosenTee& chosen, const Config& config,
                                   std::span<const tee::Backend> backends);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CHOSEN_TEE_H_
