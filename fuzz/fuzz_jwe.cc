// SPDX-License-Identifier: Apache-2.0
// The JWE parser, and decryption of whatever it lets through: none of it opens with our key.
// Covers: src/kbs_client/jwe_parse.cc
#include "fuzz/fuzz_target.h"
#include "kbs_client/jwe.h"

namespace kbs = attestd::kbs;

FUZZ_TARGET(input) {
  static const kbs::TeeKey kKey = *kbs::TeeKey::Generate();
  const auto envelope = kbs::ParseJwe(attestd::base::AsText(input));
  if (!envelope.ok()) {
    return;
  }
  FUZZ_CHECK(envelope->iv.size() == 12 && envelope->tag.size() == 16);
  FUZZ_CHECK(!kbs::DecryptJwe(*envelope, kKey).ok());
}
