// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_CRL_ISSUER_H_
#define ATTESTD_TEST_FAKES_CRL_ISSUER_H_

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <vector>

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/status.h"
#include "test/fakes/x509_issuer.h"

namespace attestd::fakes {

struct CrlSpec {
  std::vector<base::Certificate> revoked = {};
  absl::Time this_update = absl::Now() - absl::Hours(24);
  absl::Time next_update = absl::Now() + absl::Hours(24 * 30);
  // As a delta CRL to number 1 (RFC 5280, 5.2.4), which is a critical extension.
  bool delta = false;
};

// A certificate revocation list in DER.
absl::StatusOr<base::Bytes> IssueCrl(const CrlSpec& spec, const base::Certificate& issuer,
                                     const PrivateKey& issuer_key);

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_CRL_ISSUER_H_
