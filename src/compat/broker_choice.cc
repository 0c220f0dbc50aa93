// SPDX-License-Identifier: Apache-2.0
#include "compat/broker_choice.h"

#include <string_view>
#include <utility>

namespace attestd::compat {
namespace {

constexpr std::string_view kVariable = "AA_KBC_PARAMS";

struct Candidate {
  std::string source;
  absl::StatusOr<KbcParams> params;
};

std::vector<Candidate> Candidates(const Sources& sources, const KernelCmdline& cmdline,
                                  const UpstreamConfig& config) {
  std::vector<Candidate> candidates;
  if (config.kbc.has_value()) {
    candidates.push_back({config.source, *config.kbc});
  }
  const auto variable = sources.environment.find(std::string(kVariable));
  if (variable != sources.environment.end() && !variable->second.empty()) {
    candidates.push_back({variable->first, ParseKbcParams(variable->second)});
  }
  if (cmdline.aa_kbc_params.has_value()) {
    candidates.push_back({"agent.aa_kbc_params of the kernel's command line",
                          ParseKbcParams(*cmdline.aa_kbc_params)});
  }
  return candidates;
}

}  // namespace

absl::StatusOr<BrokerChoice> ChooseBroker(const Sources& sources, const KernelCmdline& cmdline,
                                          const UpstreamConfig& config,
                                          std::vector<std::string>& notes) {
  BrokerChoice choice;
  for (Candidate& candidate : Candidates(sources, cmdline, config)) {
    if (choice.params.has_value()) {
      if (!candidate.params.ok() || *candidate.params != *choice.params) {
        notes.push_back(candidate.source + ": names another broker than " + choice.source +
                        ", which counts");
      }
      continue;
    }
    if (!candidate.params.ok()) {
      return base::Annotate(candidate.params.status(), candidate.source);
    }
    choice.params = *candidate.params;
    choice.source = std::move(candidate.source);
  }
  return choice;
}

}  // namespace attestd::compat
