// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/ear_claims.h"

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

namespace attestd::dev_kbs {
namespace {

// Where Trustee's KBS looks for the key in the tokens that this broker makes, and in those of
// brokers whose claims lie at the top.
constexpr std::array<const char*, 3> kTeeKeyPointers = {
    "/customized_claims/runtime_data/tee-pubkey",
    "/submods/cpu0/ear.veraison.annotated-evidence/runtime_data_claims/tee-pubkey", "/tee-pubkey"};

// AR4SI trust tiers (draft-ietf-rats-ar4si, 2.3): 2 and 3 affirm; 33, 36 and 97 contraindicate and
// are what Trustee's default policy gives the sample platform.
base::Json TrustVector(bool fake) {
  return fake ? base::Json{{"configuration", 36}, {"executables", 33}, {"hardware", 97}}
              : base::Json{{"configuration", 2}, {"executables", 3}, {"hardware", 2}};
}

base::Json Submodule(const AcceptedDevice& device) {
  const bool fake = device.tee.starts_with("sample");
  base::Json claims = device.claims;
  base::Json evidence = {{"runtime_data_claims", device.runtime_data}};
  for (const char* common : {"report_data", "init_data"}) {
    if (claims.contains(common)) {
      evidence[common] = claims[common];
      claims.erase(common);
    }
  }
  evidence[device.tee] = claims;
  return {{"ear.status", fake ? "contraindicated" : "affirming"},
          {"ear.trustworthiness-vector", TrustVector(fake)},
          {"ear.appraisal-policy-id", "default"},
          {"ear.veraison.annotated-evidence", evidence}};
}

}  // namespace

base::Json BuildEarClaims(const std::vector<AcceptedDevice>& devices, absl::Time issued,
                          absl::Time expires) {
  base::Json submodules = base::Json::object();
  for (size_t i = 0; i < devices.size(); ++i) {
    submodules[i == 0 ? "cpu0" : "gpu" + std::to_string(i - 1)] = Submodule(devices[i]);
  }
  return {{"eat_profile", "tag:github.com,2024:confidential-containers/Trustee"},
          {"iss", "CoCo-Attestation-Service"},
          {"iat", absl::ToUnixSeconds(issued)},
          {"exp", absl::ToUnixSeconds(expires)},
          {"ear.verifier-id", {{"developer", "attestd"}, {"build", "attestd-dev-kbs"}}},
          {"submods", submodules}};
}

base::Json BuildSimpleClaims(const std::vector<AcceptedDevice>& devices, absl::Time issued,
                             absl::Time expires) {
  return {{"iss", "CoCo-Attestation-Service"},
          {"iat", absl::ToUnixSeconds(issued)},
          {"exp", absl::ToUnixSeconds(expires)},
          {"customized_claims",
           {{"init_data", nullptr}, {"runtime_data", devices.front().runtime_data}}},
          {"evaluation-reports", base::Json::array()},
          {"tcb-status", devices.front().claims}};
}

absl::StatusOr<base::Json> FindTeeKey(const base::Json& claims) {
  for (const char* text : kTeeKeyPointers) {
    const base::Json::json_pointer pointer(text);
    if (claims.contains(pointer)) {
      return claims[pointer];
    }
  }
  return base::MakeStatus(absl::StatusCode::kUnauthenticated, "the token names no TEE key");
}

}  // namespace attestd::dev_kbs
