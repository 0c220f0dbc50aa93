// SPDX-License-Identifier: Apache-2.0
#include "agent/current_policy.h"

#include <optional>
#include <vector>

#include "base/peer.h"

namespace attestd::agent {
namespace {

constexpr std::string_view kGetResource = "/api.GetResourceService/GetResource";
// No principal of the configuration is without a name.
constexpr std::string_view kOurselves;

absl::Status NotAllowed(const std::string& why) {
  return base::MakeStatus(absl::StatusCode::kPermissionDenied, base::Reason::kNotAllowed, why);
}

// What systemd may ask for is what is there for it.
absl::StatusOr<policy::Rule> RuleOfSystemd(const Config& config, const std::string& principal) {
  policy::Rule rule{.principal = principal, .rights = {policy::Right::kResource}, .allow = {}};
  for (const SystemdCredential& credential : config.systemd) {
    ASSIGN_OR_RETURN(auto pattern, policy::ResourcePattern::Parse(
                                       credential.uri.substr(0, credential.uri.find('?'))));
    rule.allow.push_back(std::move(pattern));
  }
  return rule;
}

}  // namespace

absl::StatusOr<policy::Policy> MakePolicy(const Config& config) {
  std::vector<policy::Rule> rules = config.rules;
  for (const ListenerConfig& listener : config.listeners) {
    const AccessConfig& access = listener.access;
    rules.push_back(
        {.principal = access.principal, .rights = access.rights, .allow = access.allow});
    if (listener.service.protocol == Protocol::kSystemd) {
      ASSIGN_OR_RETURN(rules.back(), RuleOfSystemd(config, access.principal));
    }
  }
  ASSIGN_OR_RETURN(const auto all, policy::ResourcePattern::Parse("*"));
  rules.push_back(
      {.principal = std::string(kOurselves), .rights = {policy::Right::kResource}, .allow = {all}});
  for (const char* features : {"resource", "attestation", "all"}) {
    AccessConfig passed = AccessOfPassed(features);
    rules.push_back({.principal = std::move(passed.principal),
                     .rights = std::move(passed.rights),
                     .allow = {all}});
  }
  return policy::Policy(std::move(rules));
}

AccessConfig AccessOfPassed(const std::string& features) {
  AccessConfig access;
  access.principal = "api-server-rest:" + features;
  if (features != "attestation") {
    access.rights.insert(policy::Right::kResource);
  }
  if (features != "resource") {
    access.rights.insert({policy::Right::kEvidence, policy::Right::kToken, policy::Right::kExtend});
  }
  return access;
}

base::CallerRef Ourselves() {
  auto self = std::make_shared<base::Caller>();
  self->principal = kOurselves;
  self->method = kGetResource;
  return self;
}

absl::Status CurrentPolicy::CheckCall(const base::CallerRef& caller) const {
  if (caller == nullptr) {
    return NotAllowed("the call is nobody's");
  }
  const std::optional<policy::Right> right = policy::RightFor(caller->method);
  if (!right.has_value() || Get()->MayUse(caller->principal, *right)) {
    return absl::OkStatus();
  }
  return NotAllowed("it takes the right \"" + std::string(policy::Name(*right)) + "\"");
}

absl::Status CurrentPolicy::CheckResource(const base::CallerRef& caller,
                                          const kbs::ResourceUri& resource) const {
  if (caller == nullptr) {
    return NotAllowed("the call is nobody's");
  }
  const std::optional<policy::Right> right = policy::RightFor(caller->method);
  return right.has_value() && Get()->MayHave(caller->principal, *right, resource)
             ? absl::OkStatus()
             : NotAllowed("no pattern of `allow` has the resource");
}

}  // namespace attestd::agent
