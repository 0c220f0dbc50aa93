// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/fault_script.h"

#include <utility>

namespace attestd::dev_kbs {

absl::StatusOr<size_t> FaultScript::Load(std::string_view text) {
  ASSIGN_OR_RETURN(std::vector<FaultRule> rules, ParseFaults(text));
  const absl::MutexLock lock(&mutex_);
  rules_.clear();
  for (FaultRule& rule : rules) {
    rules_.push_back({.rule = std::move(rule)});
  }
  return rules_.size();
}

std::vector<FaultRule> FaultScript::Meet(Endpoint endpoint) {
  std::vector<FaultRule> met;
  const absl::MutexLock lock(&mutex_);
  for (Counted& one : rules_) {
    if (!one.rule.Covers(endpoint)) {
      continue;
    }
    ++one.count;
    if (one.count >= one.rule.first && one.count <= one.rule.last) {
      met.push_back(one.rule);
    }
  }
  return met;
}

}  // namespace attestd::dev_kbs
