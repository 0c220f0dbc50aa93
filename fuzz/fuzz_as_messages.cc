// SPDX-License-Identifier: Apache-2.0
// What an attestation service answers: a challenge, a token.
// Covers: src/kbs_client/as_messages.cc
#include <algorithm>
#include <string>

#include "base/json.h"
#include "fuzz/fuzz_target.h"
#include "kbs_client/as_messages.h"

FUZZ_TARGET(input) {
  const std::string text(attestd::base::AsText(input));
  const auto challenge = attestd::kbs::ParseAsChallenge(text);
  if (challenge.ok()) {
    FUZZ_CHECK(*challenge == text && text.size() <= 1024);
    FUZZ_CHECK(attestd::kbs::AsRuntimeData(*challenge).ok());
  }
  const auto token = attestd::kbs::ParseAsToken(text);
  if (token.ok()) {
    FUZZ_CHECK(*token == text && std::count(text.begin(), text.end(), '.') == 2);
  }
}
