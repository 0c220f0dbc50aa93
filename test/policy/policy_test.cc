// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include <catch2/catch.hpp>
#include <string>

namespace attestd::policy {
namespace {

Rule Make(const std::string& principal, Rights rights, const std::vector<std::string>& patterns) {
  Rule rule{.principal = principal, .rights = std::move(rights), .allow = {}};
  for (const std::string& pattern : patterns) {
    rule.allow.push_back(*ResourcePattern::Parse(pattern));
  }
  return rule;
}

TEST_CASE("Whatever no rule allows is refused") {
  const Policy policy({Make("app1", {Right::kResource}, {"kbs:///app1/*"}),
                       Make("app1", {Right::kUnwrap}, {"kbs:///keys/*"}),
                       Make("app2", {Right::kToken}, {})});
  const auto own = *kbs::ResourceUri::Parse("kbs:///app1/db/pw");
  const auto key = *kbs::ResourceUri::Parse("kbs:///keys/app1/1");
  CHECK(policy.MayUse("app1", Right::kResource));
  CHECK_FALSE(policy.MayUse("app1", Right::kToken));
  CHECK(policy.MayHave("app1", Right::kResource, own));
  // A rule's rights and patterns belong together.
  CHECK_FALSE(policy.MayHave("app1", Right::kResource, key));
  CHECK_FALSE(policy.MayHave("app1", Right::kUnwrap, own));
  CHECK(policy.MayHave("app1", Right::kUnwrap, key));
  CHECK(policy.MayUse("app2", Right::kToken));
  CHECK_FALSE(policy.MayHave("app2", Right::kResource, own));
  CHECK_FALSE(policy.MayUse("nobody", Right::kToken));
  CHECK_FALSE(policy.MayHave("", Right::kResource, own));
  CHECK(policy.Knows("app2"));
  CHECK_FALSE(policy.Knows("app3"));
  CHECK_FALSE(Policy().MayUse("app1", Right::kResource));
}

TEST_CASE("Each right has one word") {
  for (const Right right : AllRights()) {
    CHECK(ParseRight(Name(right)) == right);
  }
  CHECK(AllRights().size() == 8);
  CHECK_FALSE(ParseRight("Resource").has_value());
  CHECK_FALSE(ParseRight("").has_value());
}

TEST_CASE("A method that nobody thought of takes the right to manage attestd") {
  CHECK(RightFor("/api.GetResourceService/GetResource") == Right::kResource);
  CHECK(RightFor("/attestd.v1.AdminService/Reload") == Right::kAdmin);
  CHECK(RightFor("/new.Service/Method") == Right::kAdmin);
  CHECK(RightFor("/attestation_agent.AttestationAgentService/GetTeeType") == std::nullopt);
}

}  // namespace
}  // namespace attestd::policy
