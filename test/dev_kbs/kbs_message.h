// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_KBS_MESSAGE_H_
#define ATTESTD_TEST_DEV_KBS_KBS_MESSAGE_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/status.h"
#include "test/dev_kbs/protocol.h"

// Messages of the KBS protocol, as the Trustee of each version reads and writes them.
namespace attestd::dev_kbs {

inline constexpr std::string_view kSessionCookie = "kbs-session-id";

// One HTTP request, without HTTP.
struct KbsRequest {
  std::string method = "GET";
  std::string path = {};           // decoded, without the query
  std::string query = {};          // as it came, without the question mark; empty when none
  std::string cookie = {};         // value of the Cookie header
  std::string authorization = {};  // value of the Authorization header
  std::string body = {};
};

struct KbsAnswer {
  int status = 200;
  std::string content_type = {};  // empty: none
  std::string set_cookie = {};    // empty: none
  std::string body = {};
  std::string refusal = {};    // for the log: why it was refused; empty when it was not
  base::Json tee_pubkey = {};  // whom the body is encrypted to; null when it is not
};

// The error body; `detail` is put behind the kind's own text. `why` is for the log only.
KbsAnswer Refuse(const ErrorKind& kind, std::string_view detail, std::string why);

// Body of POST /auth; only what the broker uses.
struct AuthRequest {
  std::string tee;  // with today's names for Azure
};
// InvalidArgument with Trustee's text: "deserialize Request" or "failed to parse KBS version".
// FailedPrecondition with that of the version mismatch.
absl::StatusOr<AuthRequest> ParseAuthRequest(std::string_view body, const Protocol& protocol);

// Body of POST /attest.
// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library's move has assertions only.
struct Attestation {
  std::string nonce;      // not in messages that are not composite: the session's is put in
  base::Json tee_pubkey;  // the documented members only: others are dropped, as by Trustee
  base::Json primary_evidence;
  std::string additional_evidence;
  std::optional<std::string> init_data;  // TOML, as it came
  bool composite = true;                 // the digest covers additional_evidence
};
// InvalidArgument naming the member.
absl::StatusOr<Attestation> ParseAttestation(std::string_view body, const Protocol& protocol);

// The value of one cookie out of a Cookie header (RFC 6265, 4.2.1); empty when absent.
std::string FindCookie(std::string_view header, std::string_view name);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_KBS_MESSAGE_H_
