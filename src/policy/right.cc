// SPDX-License-Identifier: Apache-2.0
#include "policy/right.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace attestd::policy {
namespace {

constexpr std::array<std::pair<std::string_view, Right>, 8> kNames = {{
    {"resource", Right::kResource},
    {"token", Right::kToken},
    {"evidence", Right::kEvidence},
    {"extend", Right::kExtend},
    {"unseal", Right::kUnseal},
    {"unwrap", Right::kUnwrap},
    {"mount", Right::kMount},
    {"admin", Right::kAdmin},
}};

}  // namespace

Rights AllRights() {
  Rights rights;
  for (const auto& [name, right] : kNames) {
    rights.insert(right);
  }
  return rights;
}

std::optional<Right> ParseRight(std::string_view word) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const auto& name) { return name.first == word; });
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

std::string_view Name(Right right) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const auto& name) { return name.second == right; });
  return found == kNames.end() ? "" : found->first;
}

std::string RightWords(const Rights& rights) {
  std::string words;
  for (const Right right : rights) {
    words += (words.empty() ? "\"" : ", \"") + std::string(Name(right)) + "\"";
  }
  return words;
}

bool NamesResources(Right right) {
  return right == Right::kResource || right == Right::kUnseal || right == Right::kUnwrap ||
         right == Right::kMount;
}

std::optional<Right> RightFor(std::string_view method) {
  static const std::map<std::string_view, std::optional<Right>> kMethods = {
      {"/api.GetResourceService/GetResource", Right::kResource},
      {"/getresource.GetResourceService/GetResource", Right::kResource},
      {"/api.SealedSecretService/UnsealSecret", Right::kUnseal},
      {"/keyprovider.KeyProviderService/UnWrapKey", Right::kUnwrap},
      {"/keyprovider.KeyProviderService/WrapKey", Right::kUnwrap},
      {"/api.SecureMountService/SecureMount", Right::kMount},
      {"/api.ImagePullService/PullImage", std::nullopt},
      {"/attestd.v1.StatusService/GetStatus", std::nullopt},
      {"/attestation_agent.AttestationAgentService/GetEvidence", Right::kEvidence},
      {"/attestation_agent.AttestationAgentService/GetAdditionalEvidence", Right::kEvidence},
      {"/attestation_agent.AttestationAgentService/GetToken", Right::kToken},
      {"/attestation_agent.AttestationAgentService/ExtendRuntimeMeasurement", Right::kExtend},
      {"/attestation_agent.AttestationAgentService/BindInitData", Right::kExtend},
      {"/attestation_agent.AttestationAgentService/GetTeeType", std::nullopt},
      {"/attestation_agent.AttestationAgentService/GetAdditionalTees", std::nullopt},
  };
  const auto found = kMethods.find(method);
  return found == kMethods.end() ? Right::kAdmin : found->second;
}

}  // namespace attestd::policy
