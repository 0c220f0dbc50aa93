// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_TOKEN_H_
#define ATTESTD_TEST_DEV_KBS_TOKEN_H_

#include <absl/time/time.h>

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/status.h"
#include "test/dev_kbs/ec_key.h"

namespace attestd::dev_kbs {

// Signs and verifies the broker's own tokens: JWT (RFC 7519) with ES256 and the key in the header,
// as Trustee's attestation service makes them.
class TokenSigner {
 public:
  // With a key that lives as long as the process.
  static absl::StatusOr<TokenSigner> Create();
  // With the private key of a PEM file: brokers with the same one trust each other's tokens.
  // InvalidArgument when it is not one on P-256.
  static absl::StatusOr<TokenSigner> FromFile(const std::string& path);

  absl::StatusOr<std::string> Sign(const base::Json& claims) const;
  // The claims. Unauthenticated when the token is not of this signer, malformed or has expired
  // (60 seconds of leeway, as Trustee gives).
  absl::StatusOr<base::Json> Verify(std::string_view token, absl::Time now) const;

 private:
  static absl::StatusOr<TokenSigner> FromKey(KeyHandle key);
  TokenSigner(KeyHandle key, std::string header)
      : key_(std::move(key)), header_(std::move(header)) {}

  KeyHandle key_;
  std::string header_;  // base64url
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_TOKEN_H_
