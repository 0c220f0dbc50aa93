// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_KBS_MESSAGE_H_
#define ATTESTD_TEST_DEV_KBS_KBS_MESSAGE_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/status.h"

// Messages of KBS protocol 0.4.0, as Trustee 0.14 and later read and write them.
namespace attestd::dev_kbs {

inline constexpr std::string_view kProtocolVersion = "0.4.0";
inline constexpr std::string_view kSessionCookie = "kbs-session-id";

// One HTTP request, without HTTP.
struct KbsRequest {
  std::string method = "GET";
  std::string path = {};           // decoded, without the query
  std::string cookie = {};         // value of the Cookie header
  std::string authorization = {};  // value of the Authorization header
  std::string body = {};
};

struct KbsAnswer {
  int status = 200;
  std::string content_type = {};  // empty: none
  std::string set_cookie = {};    // empty: none
  std::string body = {};
  std::string refusal = {};  // for the log: why it was refused; empty when it was not
};

// A variant of Trustee's error enum; every status is 401 but two, which are 404.
struct ErrorKind {
  std::string_view variant;
  int status;
  std::string_view detail;
};

inline constexpr ErrorKind kAttestationError = {"AttestationError", 401, "Attestation error: "};
inline constexpr ErrorKind kInvalidRequestPath = {"InvalidRequestPath", 404, ""};
inline constexpr ErrorKind kPluginNotFound = {"PluginNotFound", 404, ""};
inline constexpr ErrorKind kPluginInternalError = {"PluginInternalError", 401,
                                                   "Plugin internal error"};
inline constexpr ErrorKind kPolicyDeny = {"PolicyDeny", 401, "Access denied by policy"};
inline constexpr ErrorKind kTokenNotFound = {"TokenNotFound", 401, "Attestation Token not found"};
inline constexpr ErrorKind kTokenVerifierError = {"TokenVerifierError", 401,
                                                  "Token Verifier error"};
inline constexpr ErrorKind kJweError = {"JweError", 401, "JWE failed"};
inline constexpr ErrorKind kAdminAuthAccess = {"AdminAuthAccess", 401, ""};

// The error body; `detail` is put behind the kind's own text. `why` is for the log only.
KbsAnswer Refuse(const ErrorKind& kind, std::string_view detail, std::string why);

// Body of POST /auth; only what the broker uses.
struct AuthRequest {
  std::string tee;
};
// InvalidArgument with Trustee's text: "deserialize Request", "failed to parse KBS version" or the
// version mismatch.
absl::StatusOr<AuthRequest> ParseAuthRequest(std::string_view body);

// Body of POST /attest.
// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library's move has assertions only.
struct Attestation {
  std::string nonce;
  base::Json tee_pubkey;  // the documented members only: others are dropped, as by Trustee
  base::Json primary_evidence;
  std::string additional_evidence;
  std::optional<std::string> init_data;  // TOML, as it came
};
// InvalidArgument naming the member.
absl::StatusOr<Attestation> ParseAttestation(std::string_view body);

// The value of one cookie out of a Cookie header (RFC 6265, 4.2.1); empty when absent.
std::string FindCookie(std::string_view header, std::string_view name);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_KBS_MESSAGE_H_
