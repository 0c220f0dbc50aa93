// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVIDENCE_RUNTIME_DATA_H_
#define ATTESTD_EVIDENCE_RUNTIME_DATA_H_

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/status.h"

namespace attestd::evidence {

// What evidence is bound to in KBS protocol 0.4.0: the broker's nonce and the public TEE key.
// Digests are over canonical JSON (RFC 8785); the nonce is the text received, not decoded.
class RuntimeData {
 public:
  // `tee_pubkey` is the public JWK.
  RuntimeData(std::string nonce, base::Json tee_pubkey);

  const std::string& nonce() const { return nonce_; }
  const base::Json& tee_pubkey() const { return tee_pubkey_; }

  // Digest for additional devices: of {"nonce", "tee-pubkey"}.
  absl::StatusOr<base::Bytes> DeviceDigest(base::HashAlgorithm hash) const;
  // Digest for the primary platform: of {"additional-evidence", "nonce", "tee-pubkey"}, where the
  // first member is present even when it is "".
  absl::StatusOr<base::Bytes> PrimaryDigest(base::HashAlgorithm hash,
                                            std::string_view additional_evidence) const;

 private:
  std::string nonce_;
  base::Json tee_pubkey_;
};

}  // namespace attestd::evidence

#endif  // ATTESTD_EVIDENCE_RUNTIME_DATA_H_
