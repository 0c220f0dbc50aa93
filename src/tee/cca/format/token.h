// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_CCA_FORMAT_TOKEN_H_
#define ATTESTD_TEE_CCA_FORMAT_TOKEN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

// The attestation token of an Arm CCA realm (Arm DEN0137, "CCA attestation token format"): two
// signed sets of claims. The platform's key vouches for the realm's key, and that for the realm.
// Pure: no device.
namespace attestd::tee::cca {

constexpr size_t kMaxTokenSize = size_t{64} << 10;
// Of the challenge and of the personalization value.
constexpr size_t kChallengeSize = 64;
constexpr size_t kRemCount = 4;

// What a COSE_Sign1 (RFC 9052, 4.2) says about its signature.
struct Signature {
  int64_t algorithm = 0;     // RFC 9053, 2.1
  base::Bytes signed_bytes;  // Sig_structure (RFC 9052, 4.4)
  base::Bytes value;         // r || s
};

constexpr int64_t kEs256 = -7;
constexpr int64_t kEs384 = -35;

// One measured part of the firmware.
struct SoftwareComponent {
  std::optional<std::string> type;
  base::Bytes measurement;
  std::optional<std::string> version;
  base::Bytes signer;
  std::optional<std::string> hash_algorithm;
};

struct PlatformClaims {
  std::string profile;
  base::Bytes challenge;  // hash of the realm's public key
  base::Bytes implementation_id;
  base::Bytes instance_id;
  base::Bytes config;
  uint16_t lifecycle = 0;
  std::string hash_algorithm;  // "sha-256"
  std::optional<std::string> verification_service;
  std::vector<SoftwareComponent> components;
};

struct RealmClaims {
  std::optional<std::string> profile;
  std::array<uint8_t, kChallengeSize> challenge{};
  std::array<uint8_t, kChallengeSize> personalization_value{};
  // As it stands in the token, and as it was hashed: a point (SEC 1, 2.3.3) or a COSE_Key.
  base::Bytes public_key;
  std::string public_key_hash_algorithm;
  std::string hash_algorithm;
  base::Bytes initial_measurement;
  std::array<base::Bytes, kRemCount> extensible_measurements;
};

struct Token {
  Signature platform_signature;
  PlatformClaims platform;
  Signature realm_signature;
  RealmClaims realm;
};

// The token as RMM makes it, of at most 64 KiB. Signatures are not checked. Claims that are not
// known are passed over. InvalidArgument naming the part otherwise.
absl::StatusOr<Token> ParseToken(base::ByteView bytes);

// The affine coordinates x || y of the realm's public key, which is on P-384 (96 bytes).
// InvalidArgument for another kind of key.
absl::StatusOr<base::Bytes> RealmKeyPoint(const RealmClaims& realm);

}  // namespace attestd::tee::cca

#endif  // ATTESTD_TEE_CCA_FORMAT_TOKEN_H_
