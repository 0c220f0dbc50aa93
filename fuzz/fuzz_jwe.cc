// SPDX-License-Identifier: Apache-2.0
// The JWE parser, and decryption of whatever it lets through: with the key to which inputs of the
// kept corpus are encrypted, and with one that opens none.
// Covers: src/kbs_client/jwe_parse.cc src/kbs_client/jwe.cc src/kbs_client/tee_key.cc
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/encoding.h"
#include "fuzz/fuzz_target.h"
#include "kbs_client/jwe.h"

namespace kbs = attestd::kbs;

namespace {

attestd::base::Bytes Hex(std::string_view text) { return *attestd::base::HexDecode(text); }

// A key of this target alone.
kbs::TeeKey KnownKey() {
  return *kbs::TeeKey::FromPrivate(
      Hex("899b1b59f85a2eaf280557a2d57527a331c0479cf6ee8cc11633db3bd3937fd8"),
      {.x = Hex("8c05c09262de29f8caaafb94a870dad2885a6adef29a89402f6f54f853f4511f"),
       .y = Hex("500344a17acde04c7824f669b860b3f44d223f838ab87403b7d3b413cfe842e5")});
}

// A point from outside can be no key, too short, or one without its private half.
void UsePoint(const kbs::EcPoint& point) {
  FUZZ_CHECK(!kbs::TeeKey::FromPrivate(point.x, {.x = point.x, .y = {}}).ok());
  const auto key = kbs::TeeKey::FromPrivate(point.x, point);
  FUZZ_CHECK(!key.ok() || key->PublicJwk().ok());
}

}  // namespace

FUZZ_TARGET(input) {
  static const kbs::TeeKey kKnown = KnownKey();
  static const kbs::TeeKey kOther = *kbs::TeeKey::Generate();
  const auto envelope = kbs::ParseJwe(attestd::base::AsText(input));
  if (!envelope.ok()) {
    return;
  }
  FUZZ_CHECK(envelope->iv.size() == 12 && envelope->tag.size() == 16);
  FUZZ_CHECK(!kbs::DecryptJwe(*envelope, kOther).ok());
  const auto secret = kbs::DecryptJwe(*envelope, kKnown);
  FUZZ_CHECK(!secret.ok() || secret->size() == envelope->ciphertext.size());
  UsePoint(envelope->epk);
}
