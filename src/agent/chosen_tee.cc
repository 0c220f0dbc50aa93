// SPDX-License-Identifier: Apache-2.0
#include "agent/chosen_tee.h"

#include <algorithm>
#include <utility>

#include "tee/detect.h"

namespace attestd::agent {

bool ChosenTee::fake() const {
  return platform->fake ||
         std::any_of(devices.begin(), devices.end(), [](const auto* d) { return d->fake; });
}

absl::StatusOr<ChosenTee> ChooseTee(const Config& config, std::span<const tee::Backend> backends) {
  ChosenTee chosen;
  ASSIGN_OR_RETURN(chosen.platform,
                   tee::SelectBackend(backends, config.tee.backend, config.backend_settings));
  for (const tee::Backend& backend : backends) {
    const auto& names = config.tee.devices;
    if (backend.device && std::find(names.begin(), names.end(), backend.name) != names.end()) {
      chosen.devices.push_back(&backend);
    }
  }
  return chosen;
}

std::unique_ptr<evidence::Collector> MakeCollector(const ChosenTee& chosen, const Config& config) {
  const tee::SourceContext context{
      .event_log = config.measurement.enabled ? config.measurement.event_log : ""};
  const auto create = [&](const tee::Backend& backend) {
    return backend.create(tee::SettingsOf(config.backend_settings, backend.name), context);
  };
  evidence::Collector::Sources devices;
  for (const tee::Backend* device : chosen.devices) {
    devices.push_back(create(*device));
  }
  return std::make_unique<evidence::Collector>(create(*chosen.platform), std::move(devices),
                                               config.tee.caller_data);
}

StatusService::Explain MakeExplain(const ChosenTee& chosen, const Config& config,
                                   std::span<const tee::Backend> backends) {
  return [choice = tee::Choice{.word = config.tee.backend,
                               .backend = chosen.platform->name,
                               .devices = config.tee.devices},
          settings = config.backend_settings,
          copies = std::vector<tee::Backend>(backends.begin(), backends.end())] {
    return tee::ExplainChoice(copies, choice, settings);
  };
}

}  // namespace attestd::agent
