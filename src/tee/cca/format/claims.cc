// SPDX-License-Identifier: Apache-2.0
#include "tee/cca/format/claims.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/cbor.h"

namespace attestd::tee::cca {
namespace {

using base::Cbor;

// A claim by its key in the map, with the name that the specification gives it.
struct Claim {
  int64_t key;
  const char* name;
};

// Arm DEN0137, "Realm token claim map" and "CCA platform token claim map".
constexpr Claim kProfile = {265, "profile"};
constexpr Claim kChallenge = {10, "challenge"};
constexpr Claim kPersonalization = {44235, "realm personalization value"};
constexpr Claim kRealmHash = {44236, "realm hash algorithm"};
constexpr Claim kRealmKey = {44237, "realm public key"};
constexpr Claim kInitialMeasurement = {44238, "realm initial measurement"};
constexpr Claim kExtensibleMeasurements = {44239, "realm extensible measurements"};
constexpr Claim kRealmKeyHash = {44240, "realm public key hash algorithm"};
constexpr Claim kInstanceId = {256, "platform instance id"};
constexpr Claim kLifecycle = {2395, "platform lifecycle"};
constexpr Claim kImplementationId = {2396, "platform implementation id"};
constexpr Claim kComponents = {2399, "platform software components"};
constexpr Claim kService = {2400, "platform verification service"};
constexpr Claim kConfig = {2401, "platform config"};
constexpr Claim kPlatformHash = {2402, "platform hash algorithm"};
// Inside one software component.
constexpr Claim kComponentType = {1, "component type"};
constexpr Claim kComponentMeasurement = {2, "measurement"};
constexpr Claim kComponentVersion = {4, "version"};
constexpr Claim kComponentSigner = {5, "signer id"};
constexpr Claim kComponentHash = {6, "hash algorithm"};

// A measurement is a digest of at most SHA-512's size.
constexpr size_t kMaxDigest = 64;
constexpr size_t kMaxBytes = 4096;

absl::Status Bad(const Claim& claim, std::string_view why) {
  return base::MakeStatus(
      absl::StatusCode::kInvalidArgument,
      std::string(claim.name) + " (" + std::to_string(claim.key) + "): " + std::string(why));
}

absl::StatusOr<base::Bytes> GetBytes(const Cbor& map, const Claim& claim, size_t limit) {
  const Cbor* value = map.Find(claim.key);
  if (value == nullptr || value->kind != Cbor::Kind::kBytes) {
    return Bad(claim, "a byte string is needed");
  }
  if (value->bytes.size() > limit) {
    return Bad(claim, "more than " + std::to_string(limit) + " bytes");
  }
  return value->bytes;
}

absl::StatusOr<std::array<uint8_t, kChallengeSize>> Get64(const Cbor& map, const Claim& claim) {
  ASSIGN_OR_RETURN(const base::Bytes bytes, GetBytes(map, claim, kChallengeSize));
  if (bytes.size() != kChallengeSize) {
    return Bad(claim, "not 64 bytes");
  }
  std::array<uint8_t, kChallengeSize> value{};
  std::copy(bytes.begin(), bytes.end(), value.begin());
  return value;
}

absl::StatusOr<std::optional<std::string>> FindText(const Cbor& map, const Claim& claim) {
  const Cbor* value = map.Find(claim.key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind != Cbor::Kind::kText) {
    return Bad(claim, "a text is needed");
  }
  return value->text;
}

absl::StatusOr<std::string> GetText(const Cbor& map, const Claim& claim) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, FindText(map, claim));
  if (!text.has_value()) {
    return Bad(claim, "is missing");
  }
  return *std::move(text);
}

absl::StatusOr<uint16_t> GetLifecycle(const Cbor& map) {
  const Cbor* value = map.Find(kLifecycle.key);
  constexpr int64_t kMax = 0xffff;
  if (value == nullptr || value->kind != Cbor::Kind::kInteger || value->number < 0 ||
      value->number > kMax) {
    return Bad(kLifecycle, "a number of 16 bits is needed");
  }
  return static_cast<uint16_t>(value->number);
}

absl::StatusOr<SoftwareComponent> ParseComponent(const Cbor& map) {
  SoftwareComponent component;
  ASSIGN_OR_RETURN(component.type, FindText(map, kComponentType));
  ASSIGN_OR_RETURN(component.measurement, GetBytes(map, kComponentMeasurement, kMaxDigest));
  ASSIGN_OR_RETURN(component.version, FindText(map, kComponentVersion));
  ASSIGN_OR_RETURN(component.signer, GetBytes(map, kComponentSigner, kMaxDigest));
  ASSIGN_OR_RETURN(component.hash_algorithm, FindText(map, kComponentHash));
  return component;
}

absl::StatusOr<std::vector<SoftwareComponent>> GetComponents(const Cbor& map) {
  const Cbor* list = map.Find(kComponents.key);
  if (list == nullptr || list->kind != Cbor::Kind::kArray) {
    return Bad(kComponents, "a list is needed");
  }
  std::vector<SoftwareComponent> components;
  for (const Cbor& item : list->items) {
    absl::StatusOr<SoftwareComponent> component = ParseComponent(item);
    if (!component.ok()) {
      return base::Annotate(component.status(),
                            "software component " + std::to_string(components.size()));
    }
    components.push_back(*std::move(component));
  }
  return components;
}

absl::StatusOr<std::array<base::Bytes, kRemCount>> GetMeasurements(const Cbor& map) {
  const Cbor* list = map.Find(kExtensibleMeasurements.key);
  if (list == nullptr || list->kind != Cbor::Kind::kArray || list->items.size() != kRemCount) {
    return Bad(kExtensibleMeasurements, "a list of 4 is needed");
  }
  std::array<base::Bytes, kRemCount> measurements;
  for (size_t i = 0; i < kRemCount; ++i) {
    const Cbor& item = list->items[i];
    if (item.kind != Cbor::Kind::kBytes || item.bytes.size() > kMaxDigest) {
      return Bad(kExtensibleMeasurements, "not a digest");
    }
    measurements.at(i) = item.bytes;
  }
  return measurements;
}

absl::StatusOr<Cbor> ParseMap(base::ByteView payload) {
  ASSIGN_OR_RETURN(Cbor map, base::ParseCbor(payload));
  if (map.kind != Cbor::Kind::kMap) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "the claims are no map");
  }
  return map;
}

}  // namespace

absl::StatusOr<PlatformClaims> ParsePlatformClaims(base::ByteView payload) {
  ASSIGN_OR_RETURN(const Cbor map, ParseMap(payload));
  PlatformClaims claims;
  ASSIGN_OR_RETURN(claims.profile, GetText(map, kProfile));
  ASSIGN_OR_RETURN(claims.challenge, GetBytes(map, kChallenge, kMaxDigest));
  ASSIGN_OR_RETURN(claims.implementation_id, GetBytes(map, kImplementationId, kMaxDigest));
  ASSIGN_OR_RETURN(claims.instance_id, GetBytes(map, kInstanceId, kMaxDigest));
  ASSIGN_OR_RETURN(claims.config, GetBytes(map, kConfig, kMaxBytes));
  ASSIGN_OR_RETURN(claims.lifecycle, GetLifecycle(map));
  ASSIGN_OR_RETURN(claims.hash_algorithm, GetText(map, kPlatformHash));
  ASSIGN_OR_RETURN(claims.verification_service, FindText(map, kService));
  ASSIGN_OR_RETURN(claims.components, GetComponents(map));
  return claims;
}

absl::StatusOr<RealmClaims> ParseRealmClaims(base::ByteView payload) {
  ASSIGN_OR_RETURN(const Cbor map, ParseMap(payload));
  RealmClaims claims;
  ASSIGN_OR_RETURN(claims.profile, FindText(map, kProfile));
  ASSIGN_OR_RETURN(claims.challenge, Get64(map, kChallenge));
  ASSIGN_OR_RETURN(claims.personalization_value, Get64(map, kPersonalization));
  ASSIGN_OR_RETURN(claims.public_key, GetBytes(map, kRealmKey, kMaxBytes));
  ASSIGN_OR_RETURN(claims.public_key_hash_algorithm, GetText(map, kRealmKeyHash));
  ASSIGN_OR_RETURN(claims.hash_algorithm, GetText(map, kRealmHash));
  ASSIGN_OR_RETURN(claims.initial_measurement, GetBytes(map, kInitialMeasurement, kMaxDigest));
  ASSIGN_OR_RETURN(claims.extensible_measurements, GetMeasurements(map));
  return claims;
}

}  // namespace attestd::tee::cca
