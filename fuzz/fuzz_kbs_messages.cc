// SPDX-License-Identifier: Apache-2.0
// Everything a broker can say before the secret: challenge, cookie, token, error body.
// Covers: src/kbs_client/messages.cc src/kbs_client/broker_error.cc
#include <string>

#include "fuzz/fuzz_target.h"
#include "kbs_client/broker_error.h"
#include "kbs_client/messages.h"

namespace kbs = attestd::kbs;

namespace {

// The nonce goes back to the broker inside JSON.
void Answer(const kbs::Challenge& challenge) {
  FUZZ_CHECK(challenge.nonce.size() >= 16 && challenge.nonce.size() <= 1024);
  const attestd::evidence::RuntimeData runtime_data(challenge.nonce, attestd::base::Json::object());
  attestd::evidence::CompositeEvidence evidence;
  evidence.primary.json = "{}";
  FUZZ_CHECK(kbs::BuildAttestation(runtime_data, evidence, "").ok());
  FUZZ_CHECK(kbs::BuildPlainAttestation(runtime_data, evidence.primary).ok());
}

void CheckError(kbs::Endpoint endpoint, int http_status, const std::string& body) {
  const absl::Status status =
      kbs::BrokerError({endpoint}, {.status = http_status, .headers = {}, .body = body});
  FUZZ_CHECK(!status.ok());
  FUZZ_CHECK(!kbs::IsSessionLost(status) || http_status == 401);
}

}  // namespace

FUZZ_TARGET(input) {
  const std::string text(attestd::base::AsText(input));
  if (const auto challenge = kbs::ParseChallenge(text); challenge.ok()) {
    Answer(*challenge);
  }
  const std::string first_line = text.substr(0, text.find('\n'));
  for (const auto& cookies : {std::vector{text}, std::vector{text, first_line}}) {
    attestd::base::HttpResponse answer{.status = 200, .headers = {}, .body = {}};
    for (const std::string& cookie : cookies) {
      answer.headers.push_back({"Set-Cookie", cookie});
    }
    answer.headers.push_back({"Date", "Sun, 22 Nov 2026 16:08:23 GMT"});
    if (const auto cookie = kbs::ParseSessionCookie(answer); cookie.ok()) {
      FUZZ_CHECK(cookie->value.size() <= 256 && cookie->lifetime > absl::ZeroDuration() &&
                 cookie->value.find_first_of("\r\n; ") == std::string::npos);
    }
  }
  if (const auto token = kbs::ParseAttestationResult({.status = 200, .headers = {}, .body = text},
                                                     {{"x", "AAAA"}});
      token.ok()) {
    FUZZ_CHECK(token->lifetime > absl::ZeroDuration());
  }
  (void)kbs::BuildRequest(kbs::Protocol::k020, text);
  for (const auto endpoint :
       {kbs::Endpoint::kAuth, kbs::Endpoint::kAttest, kbs::Endpoint::kResource}) {
    for (const int http_status : {200, 302, 401, 403, 404, 429, 500}) {
      CheckError(endpoint, http_status, text);
    }
  }
}
