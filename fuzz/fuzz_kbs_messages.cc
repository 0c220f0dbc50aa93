// SPDX-License-Identifier: Apache-2.0
// Everything a broker can say before the secret: challenge, cookie, token, error body.
// Covers: src/kbs_client/messages.cc
#include <string>

#include "fuzz/fuzz_target.h"
#include "kbs_client/broker_error.h"
#include "kbs_client/messages.h"

namespace kbs = attestd::kbs;

FUZZ_TARGET(input) {
  const std::string text(attestd::base::AsText(input));
  if (const auto challenge = kbs::ParseChallenge(text); challenge.ok()) {
    FUZZ_CHECK(!challenge->nonce.empty() && challenge->nonce.size() <= 1024);
  }
  if (const auto cookie = kbs::ParseSessionCookie({text}); cookie.ok()) {
    FUZZ_CHECK(cookie->size() <= 256 && cookie->find_first_of("\r\n; ") == std::string::npos);
  }
  if (const auto token = kbs::ParseAttestationResult(text); token.ok()) {
    FUZZ_CHECK(token->lifetime > absl::ZeroDuration());
  }
  for (const auto endpoint :
       {kbs::Endpoint::kAuth, kbs::Endpoint::kAttest, kbs::Endpoint::kResource}) {
    const absl::Status status =
        kbs::BrokerError(endpoint, {.status = 401, .headers = {}, .body = text});
    FUZZ_CHECK(!status.ok());
  }
}
