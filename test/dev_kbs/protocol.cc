// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/protocol.h"

#include <array>

namespace attestd::dev_kbs {
namespace {

// Trustee, kbs/src/error.rs: every status is 401 but the two of bad paths, which are 404.
constexpr ErrorKind kAttestFailed = {"AttestationError", 401,
                                     "Attestation error: RCAR handshake Attest failed"};
constexpr ErrorKind kAuthFailed = {"AttestationError", 401,
                                   "Attestation error: RCAR handshake Auth failed: "};
constexpr ErrorKind kPluginFailed = {"PluginInternalError", 401, "Plugin internal error"};
constexpr ErrorKinds kErrors = {
    .auth = kAuthFailed,
    .version = kAuthFailed,
    .attest = kAttestFailed,
    .no_cookie = kAttestFailed,
    .unknown_cookie = kAttestFailed,
    .expired_cookie = kAttestFailed,
    .no_token = {"TokenNotFound", 401, "Attestation Token not found"},
    .bad_token = {"TokenVerifierError", 401, "Token Verifier error"},
    .denied = {"PolicyDeny", 401, "Access denied by policy"},
    .bad_path = kPluginFailed,
    .missing = kPluginFailed,
    .jwe = {"JweError", 401, "JWE failed"},
    .admin = {"AdminAuthAccess", 401, "admin access denied for endpoint "},
};

// Trustee up to 0.10, kbs/src/http/error.rs: every status is 401 but that of a missing secret.
constexpr ErrorKinds kOldErrors = {
    .auth = {"FailedAuthentication", 401, "Authentication failed: "},
    .version = {"ProtocolVersion", 401, "KBS Client Protocol Version Mismatch: "},
    .attest = {"AttestationFailed", 401, "Attestation failed: "},
    .no_cookie = {"MissingCookie", 401, "The cookie is missing"},
    .unknown_cookie = {"InvalidCookie", 401, "The cookie is invalid"},
    .expired_cookie = {"ExpiredCookie", 401, "The cookie is expired"},
    .no_token = {"InvalidRequest", 401,
                 "The request is invalid: parse Authorization header failed: "
                 "invalid Header provided"},
    .bad_token = {"TokenParseFailed", 401, "Received an illegal token: verify token failed: "},
    .denied = {"PolicyReject", 401, "Resource not permitted."},
    .bad_path = {"InvalidRequest", 401, "The request is invalid: Invalid resource path"},
    .missing = {"ReadSecretFailed", 404, "Read secret failed: read resource from local fs"},
    .jwe = {"JWEFailed", 401, "Json Web Encryption failed: "},
    .admin = {"FailedAuthentication", 401,
              "Authentication failed: Requester is not an authorized user: "},
};

constexpr std::array<Protocol, 3> kProtocols = {{
    {.version = "0.4.0",
     .composite = true,
     .plugins = true,
     .legacy_jwe = false,
     .tells_cause = false,
     .hyphenated_azure = true,
     .customized_claims = false,
     .mismatch = {"KBS Client Protocol Version Mismatch: expect =", " while the request is "},
     .errors = kErrors},
    {.version = "0.2.0",
     .composite = false,
     .plugins = true,
     .legacy_jwe = false,
     .tells_cause = false,
     .hyphenated_azure = false,
     .customized_claims = false,
     .mismatch = {"KBS Client Protocol Version Mismatch: expect =", " while the request is "},
     .errors = kErrors},
    {.version = "0.1.1",
     .composite = false,
     .plugins = false,
     .legacy_jwe = true,
     .tells_cause = true,
     .hyphenated_azure = false,
     .customized_claims = true,
     .mismatch = {"expected version: =", ", requested version: "},
     .errors = kOldErrors},
}};

}  // namespace

const Protocol* FindProtocol(std::string_view version) {
  for (const Protocol& protocol : kProtocols) {
    if (protocol.version == version) {
      return &protocol;
    }
  }
  return nullptr;
}

const Protocol& CurrentProtocol() { return kProtocols.front(); }

}  // namespace attestd::dev_kbs
