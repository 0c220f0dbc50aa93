// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_POLICY_POLICY_H_
#define ATTESTD_POLICY_POLICY_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kbs_client/resource_uri.h"
#include "policy/resource_pattern.h"
#include "policy/right.h"

namespace attestd::policy {

// A principal may use the rights; where they are about resources, for those that a pattern has.
struct Rule {
  std::string principal;
  Rights rights;
  std::vector<ResourcePattern> allow;
};

// Who may do what. Whatever no rule allows is refused.
class Policy {
 public:
  Policy() = default;
  explicit Policy(std::vector<Rule> rules);

  bool Knows(std::string_view principal) const { return rules_.contains(principal); }
  // Whether some rule gives the principal the right.
  bool MayUse(std::string_view principal, Right right) const;
  // ... for this resource.
  bool MayHave(std::string_view principal, Right right, const kbs::ResourceUri& resource) const;

 private:
  std::map<std::string, std::vector<Rule>, std::less<>> rules_;  // by principal
};

}  // namespace attestd::policy

#endif  // ATTESTD_POLICY_POLICY_H_
