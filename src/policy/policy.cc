// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include <algorithm>
#include <utility>

namespace attestd::policy {

Policy::Policy(std::vector<Rule> rules) {
  for (Rule& rule : rules) {
    rules_[rule.principal].push_back(std::move(rule));
  }
}

bool Policy::MayUse(std::string_view principal, Right right) const {
  const auto found = rules_.find(principal);
  return found != rules_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const Rule& rule) { return rule.rights.contains(right); });
}

bool Policy::MayHave(std::string_view principal, Right right,
                     const kbs::ResourceUri& resource) const {
  const auto found = rules_.find(principal);
  return found != rules_.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const Rule& rule) {
           return rule.rights.contains(right) && std::any_of(rule.allow.begin(), rule.allow.end(),
                                                             [&](const ResourcePattern& pattern) {
                                                               return pattern.Matches(resource);
                                                             });
         });
}

}  // namespace attestd::policy
