// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_FINGERPRINT_H_
#define ATTESTD_BASE_FINGERPRINT_H_

#include <utility>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::base {

// Tells whether a secret is the same as before without keeping it: HMAC-SHA-256 (RFC 2104) under a
// random key that only this object has, so that a fingerprint tells nothing to anybody else.
class Fingerprinter {
 public:
  static absl::StatusOr<Fingerprinter> Create();

  // 32 bytes.
  absl::StatusOr<Bytes> Of(ByteView bytes) const;

 private:
  explicit Fingerprinter(Secret key) : key_(std::move(key)) {}

  Secret key_;
};

}  // namespace attestd::base

#endif  // ATTESTD_BASE_FINGERPRINT_H_
