// SPDX-License-Identifier: Apache-2.0
// What an attestation service answers: a challenge, a token.
// Covers: src/kbs_client/as_messages.cc
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json.h"
#include "fuzz/fuzz_target.h"
#include "kbs_client/as_messages.h"

namespace {

// Evidence comes from devices: whatever it is, what is sent is JSON that says it.
void CheckRequest(const std::string& text) {
  const attestd::kbs::AsEvidence evidence = {
      .tee = "sample", .primary = {.json = text}, .devices = text};
  const auto request = attestd::kbs::BuildAsRequest(
      evidence, {.nonce = text, .init_data = text, .policies = {text}});
  if (!request.ok()) {
    return;
  }
  const auto parsed = attestd::base::ParseJson(*request);
  FUZZ_CHECK(parsed.ok());
  const auto devices = attestd::base::ParseJson(text);
  const size_t beside = text.empty() ? 0 : devices->size();
  FUZZ_CHECK((*parsed)["verification_requests"].size() == 1 + beside);
}

}  // namespace

FUZZ_TARGET(input) {
  const std::string text(attestd::base::AsText(input));
  CheckRequest(text);
  attestd::kbs::BuildAsChallengeRequest(text).IgnoreError();
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
