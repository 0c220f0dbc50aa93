// SPDX-License-Identifier: Apache-2.0
#include "unseal/verification_key.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "base/json_scan.h"

namespace attestd::unseal {
namespace {

constexpr size_t kCoordinateSize = 32;

absl::Status Unfit(std::string_view message) {
  return base::MakeStatus(
      absl::StatusCode::kFailedPrecondition, base::Reason::kKeyUnfit,
      "expected a JWK with the public key of EC P-256, found " + std::string(message));
}

// Whether the member is this text, or, when it may be, absent.
bool Is(const base::ScannedMembers& members, std::string_view name, std::string_view wanted,
        bool may_be_absent) {
  const auto value = base::FindScanned(members, name);
  if (!value.ok()) {
    return may_be_absent;
  }
  const auto text = base::ScanText(*value);
  return text.ok() && *text == wanted;
}

absl::StatusOr<base::Bytes> Coordinate(const base::ScannedMembers& members, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string_view value, base::FindScanned(members, name));
  ASSIGN_OR_RETURN(const std::string_view text, base::ScanText(value));
  return base::Base64UrlDecode(text);
}

}  // namespace

absl::StatusOr<base::PublicKey> ParseVerificationKey(base::ByteView jwk) {
  const auto members = base::ScanObject(base::AsText(jwk));
  if (!members.ok()) {
    return Unfit("no JSON object");
  }
  if (!Is(*members, "kty", "EC", false) || !Is(*members, "crv", "P-256", false) ||
      !Is(*members, "alg", "ES256", true) || !Is(*members, "use", "sig", true)) {
    return Unfit("a key of another kind or for another use");
  }
  auto point = Coordinate(*members, "x");
  const auto y = Coordinate(*members, "y");
  if (!point.ok() || !y.ok() || point->size() != kCoordinateSize || y->size() != kCoordinateSize) {
    return Unfit("no \"x\" and \"y\" of 32 bytes in base64url");
  }
  point->insert(point->end(), y->begin(), y->end());
  auto key = base::PublicKey::FromEcPoint(base::PublicKey::Curve::kP256, *point);
  return key.ok() ? std::move(key) : Unfit("a point that is not on the curve");
}

}  // namespace attestd::unseal
