// SPDX-License-Identifier: Apache-2.0
#include "appraisal/cca_claims.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/encoding.h"

namespace attestd::appraisal {
namespace {

using tee::cca::PlatformClaims;
using tee::cca::RealmClaims;
using tee::cca::SoftwareComponent;

base::Json ComponentClaims(const SoftwareComponent& component) {
  base::Json claims = {{"measurement-value", base::Base64Encode(component.measurement)},
                       {"signer-id", base::Base64Encode(component.signer)}};
  if (component.type.has_value()) {
    claims["measurement-type"] = *component.type;
  }
  if (component.version.has_value()) {
    claims["version"] = *component.version;
  }
  if (component.hash_algorithm.has_value()) {
    claims["measurement-description"] = *component.hash_algorithm;
  }
  return claims;
}

base::Json PlatformJson(const PlatformClaims& platform) {
  base::Json components = base::Json::array();
  for (const SoftwareComponent& component : platform.components) {
    components.push_back(ComponentClaims(component));
  }
  base::Json claims = {
      {"cca-platform-profile", platform.profile},
      {"cca-platform-implementation-id", base::Base64Encode(platform.implementation_id)},
      {"cca-platform-instance-id", base::Base64Encode(platform.instance_id)},
      {"cca-platform-challenge", base::Base64Encode(platform.challenge)},
      {"cca-platform-config", base::Base64Encode(platform.config)},
      {"cca-platform-lifecycle", platform.lifecycle},
      {"cca-platform-sw-components", std::move(components)},
      {"cca-platform-hash-algo-id", platform.hash_algorithm}};
  if (platform.verification_service.has_value()) {
    claims["cca-platform-service-indicator"] = *platform.verification_service;
  }
  return claims;
}

base::Json RealmJson(const RealmClaims& realm) {
  base::Json measurements = base::Json::array();
  for (const base::Bytes& measurement : realm.extensible_measurements) {
    measurements.push_back(base::Base64Encode(measurement));
  }
  base::Json claims = {
      {"cca-realm-challenge", base::Base64Encode(realm.challenge)},
      {"cca-realm-personalization-value", base::Base64Encode(realm.personalization_value)},
      {"cca-realm-initial-measurement", base::Base64Encode(realm.initial_measurement)},
      {"cca-realm-extensible-measurements", std::move(measurements)},
      {"cca-realm-hash-algo-id", realm.hash_algorithm},
      {"cca-realm-public-key", base::Base64Encode(realm.public_key)},
      {"cca-realm-public-key-hash-algo-id", realm.public_key_hash_algorithm}};
  if (realm.profile.has_value()) {
    claims["cca-realm-profile"] = *realm.profile;
  }
  return claims;
}

}  // namespace

base::Json CcaClaims(const tee::cca::Token& token) {
  return {{"platform", PlatformJson(token.platform)},
          {"realm", RealmJson(token.realm)},
          {"report_data", base::HexEncode(token.realm.challenge)},
          {"init_data", base::HexEncode(token.realm.personalization_value)}};
}

}  // namespace attestd::appraisal
