// SPDX-License-Identifier: Apache-2.0
// The JWE parsers for every kind of key, and decryption of whatever they let through: with the key
// to which inputs of the kept corpus are encrypted, and with one that opens none.
// Covers: src/kbs_client/jwe_parse.cc src/kbs_client/jwe.cc src/kbs_client/tee_key.cc
// Covers: src/kbs_client/tee_key_ec.cc
#include <array>
#include <nlohmann/json.hpp>

#include "fuzz/fuzz_target.h"
#include "fuzz/jwe_keys.h"
#include "kbs_client/jwe.h"

namespace kbs = attestd::kbs;
using kbs::TeeKeyKind;

namespace {

void Use(const kbs::JweEnvelope& envelope, const kbs::TeeKey& known) {
  static const kbs::TeeKey kOther = *kbs::TeeKey::Generate();
  FUZZ_CHECK(envelope.kind == known.kind());
  FUZZ_CHECK(envelope.iv.size() == 12 && envelope.tag.size() == 16);
  FUZZ_CHECK(kbs::DecryptJwe(envelope, kOther).status() == kbs::JweDoesNotDecrypt());
  const auto secret = kbs::DecryptJwe(envelope, known);
  FUZZ_CHECK(secret.ok() ? secret->size() == envelope.ciphertext.size()
                         : secret.status() == kbs::JweDoesNotDecrypt());
}

// A point from outside can be no key, too short, or one without its private half.
void UsePoint(const kbs::EcPoint& point, TeeKeyKind kind) {
  FUZZ_CHECK(!kbs::TeeKey::FromPrivate(point.x, {.x = point.x, .y = {}}, kind).ok());
  const auto key = kbs::TeeKey::FromPrivate(point.x, point, kind);
  FUZZ_CHECK(!key.ok() || key->PublicJwk().ok());
}

}  // namespace

FUZZ_TARGET(input) {
  static const std::array<kbs::TeeKey, 4> kKnown = {
      attestd::fuzz::P256Key(), attestd::fuzz::P521Key(),
      attestd::fuzz::RsaKey(TeeKeyKind::kRsaOaep256), attestd::fuzz::RsaKey(TeeKeyKind::kRsa15)};
  const auto text = attestd::base::AsText(input);
  for (const kbs::TeeKey& key : kKnown) {
    const auto envelope = kbs::ParseJwe(std::string(text), key.kind());
    if (envelope.ok()) {
      Use(*envelope, key);
      FUZZ_CHECK(envelope->epk.x.empty() == kbs::NamesOf(key.kind()).crv.empty());
      UsePoint(envelope->epk, key.kind());
    }
  }
  const auto legacy = kbs::ParseLegacyJwe(std::string(text));
  if (legacy.ok()) {
    FUZZ_CHECK(legacy->additional_data.empty());
    Use(*legacy, kKnown.back());
  }
}
