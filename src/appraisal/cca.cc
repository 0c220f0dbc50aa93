// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "appraisal/cca_claims.h"
#include "appraisal/checks.h"
#include "appraisal/platforms.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/public_key.h"
#include "tee/cca/format/evidence.h"
#include "tee/cca/format/token.h"

namespace attestd::appraisal {
namespace {

using base::PublicKey;
using tee::cca::Signature;
using tee::cca::Token;

// The profiles whose claims mean what this file takes them for: tokens before and since version 1.0
// of the specification.
constexpr std::array<std::string_view, 2> kProfiles = {"http://arm.com/CCA-SSD/1.0.0",
                                                       "tag:arm.com,2023:cca_platform#1.0.0"};
// Arm DEN0137, "CCA platform lifecycle": the state is in the upper byte of 16 bits.
constexpr uint16_t kStateMask = 0xff00;
constexpr uint16_t kSecured = 0x3000;
constexpr uint16_t kNonCcaPlatformDebug = 0x4000;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// ECDSA as the header names it, by a key on the curve that goes with the hash.
absl::Status Verify(const Signature& signature, const PublicKey& key) {
  const bool es384 = signature.algorithm == tee::cca::kEs384;
  if (!es384 && signature.algorithm != tee::cca::kEs256) {
    return base::MakeStatus(
        absl::StatusCode::kUnauthenticated,
        "COSE algorithm " + std::to_string(signature.algorithm) + " is neither ES384 nor ES256");
  }
  const int bits = es384 ? 384 : 256;
  if (key.bits() != bits || signature.value.size() != static_cast<size_t>(bits) / 4) {
    return base::MakeStatus(absl::StatusCode::kUnauthenticated,
                            "key or signature is of another size than the algorithm's");
  }
  return key.VerifyEcdsa(es384 ? base::HashAlgorithm::kSha384 : base::HashAlgorithm::kSha256,
                         signature.signed_bytes, signature.value);
}

Check CheckPlatformSignature(const Token& token, const ReferenceValues& reference) {
  Check check{.name = "platform.signature",
              .passed = false,
              .expected = "one by a trusted platform key",
              .found = "no trusted key made it"};
  if (reference.platform_keys.empty()) {
    check.expected += ", but none is configured";
    check.found = "a signature that nobody can judge";
  }
  for (const PublicKey& key : reference.platform_keys) {
    const absl::Status status = Verify(token.platform_signature, key);
    if (status.ok()) {
      check.passed = true;
      check.found = "a valid one";
    } else if (reference.platform_keys.size() == 1) {
      check.found = Message(status);
    }
  }
  return check;
}

absl::Status VerifyRealm(const Token& token) {
  ASSIGN_OR_RETURN(const base::Bytes point, tee::cca::RealmKeyPoint(token.realm));
  ASSIGN_OR_RETURN(const PublicKey key, PublicKey::FromEcPoint(PublicKey::Curve::kP384, point));
  return Verify(token.realm_signature, key);
}

Check CheckRealmSignature(const Token& token) {
  const absl::Status status = VerifyRealm(token);
  return {.name = "realm.signature",
          .passed = status.ok(),
          .expected = "one by the realm's public key",
          .found = status.ok() ? "a valid one" : Message(status)};
}

// "sha-256" (IANA's registry of named information hash algorithms) is ours without the dash.
absl::StatusOr<base::Bytes> HashByName(std::string name, base::ByteView bytes) {
  name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
  ASSIGN_OR_RETURN(const base::HashAlgorithm hash, base::ParseHashAlgorithm(name));
  return base::Hash(hash, bytes);
}

// The platform's token carries the hash of the realm's key as its challenge: that is what makes
// the two tokens one.
Check CheckBinding(const Token& token) {
  const absl::StatusOr<base::Bytes> digest =
      HashByName(token.realm.public_key_hash_algorithm, token.realm.public_key);
  Check check = CompareTexts("platform.challenge",
                             digest.ok() ? base::HexEncode(*digest) : "a hash of the realm's key",
                             base::HexEncode(token.platform.challenge));
  check.passed = check.passed && digest.ok();
  return check;
}

Check CheckProfile(const Token& token) {
  const bool known =
      std::find(kProfiles.begin(), kProfiles.end(), token.platform.profile) != kProfiles.end();
  return {.name = "platform.profile",
          .passed = known,
          .expected = absl::StrCat(std::string(kProfiles[0]), " or ", std::string(kProfiles[1])),
          .found = token.platform.profile};
}

Check CheckLifecycle(const Token& token, const ReferenceValues& reference) {
  const auto state = static_cast<uint16_t>(token.platform.lifecycle & kStateMask);
  const bool debug = state == kNonCcaPlatformDebug && reference.allow_debug;
  return {.name = "platform.lifecycle",
          .passed = state == kSecured || debug,
          .expected = reference.allow_debug
                          ? "secured (0x3000 to 0x30ff) or non-CCA debug (0x4000 to 0x40ff)"
                          : "secured (0x3000 to 0x30ff)",
          .found = absl::StrCat("0x", absl::Hex(token.platform.lifecycle, absl::kZeroPad4))};
}

absl::StatusOr<Token> ReadToken(const Question& question) {
  if (question.evidence_json.empty()) {
    return tee::cca::ParseToken(question.raw);
  }
  ASSIGN_OR_RETURN(const base::Bytes token, tee::cca::ParseEvidence(question.evidence_json));
  return tee::cca::ParseToken(token);
}

}  // namespace

absl::StatusOr<Appraisal> AppraiseCca(const Question& question) {
  ASSIGN_OR_RETURN(const Token token, ReadToken(question));
  const ReferenceValues& reference = question.reference;
  Appraisal appraisal;
  appraisal.claims = CcaClaims(token);
  appraisal.checks = {CheckPlatformSignature(token, reference), CheckRealmSignature(token),
                      CheckBinding(token), CheckProfile(token), CheckLifecycle(token, reference)};
  if (question.report_data.has_value()) {
    appraisal.checks.push_back(
        ComparePadded("report_data", *question.report_data, token.realm.challenge));
  }
  if (reference.init_data_digest.has_value()) {
    appraisal.checks.push_back(
        ComparePadded("init_data", *reference.init_data_digest, token.realm.personalization_value));
  }
  return appraisal;
}

}  // namespace attestd::appraisal
