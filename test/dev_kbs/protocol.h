// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_PROTOCOL_H_
#define ATTESTD_TEST_DEV_KBS_PROTOCOL_H_

#include <string_view>

namespace attestd::dev_kbs {

// A variant of Trustee's error enum and how its text begins.
struct ErrorKind {
  std::string_view variant;
  int status;
  std::string_view detail;
};

// What a broker of one time answers when it refuses.
struct ErrorKinds {
  ErrorKind auth;            // the request to attest, its version apart
  ErrorKind version;         // a protocol version that is not its own
  ErrorKind attest;          // the message or the evidence
  ErrorKind no_cookie;       // attest without a session's cookie
  ErrorKind unknown_cookie;  // ... with that of no session
  ErrorKind expired_cookie;  // ... with that of a session that is over
  ErrorKind no_token;        // a resource with neither session nor token
  ErrorKind bad_token;
  ErrorKind denied;    // by the policy
  ErrorKind bad_path;  // not repository/type/tag
  ErrorKind missing;   // no such resource
  ErrorKind jwe;
  ErrorKind admin;
};

// A version of the KBS protocol, as the Trustee that spoke it did.
struct Protocol {
  std::string_view version;
  // The attestation carries runtime data, init data and additional devices; else it is
  // {"tee-pubkey", "tee-evidence"}.
  bool composite;
  bool plugins;                  // else there are resources only
  bool legacy_jwe;               // JweForm::kLegacy
  bool tells_cause;              // the reason is in the answer, not in the log only
  bool hyphenated_azure;         // "az-snp-vtpm", else "azsnpvtpm"
  bool customized_claims;        // the "simple" token's claims, else those of an EAR
  std::string_view mismatch[2];  // before the version that is spoken, and before the one asked for
  ErrorKinds errors;
};

// "0.4.0" (Trustee 0.14 and later), "0.2.0" (0.12, 0.13), "0.1.1" (0.10; the texts of 0.10.1).
// Null for others.
const Protocol* FindProtocol(std::string_view version);
// 0.4.0.
const Protocol& CurrentProtocol();

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_PROTOCOL_H_
