// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_UNSEAL_VERIFICATION_KEY_H_
#define ATTESTD_UNSEAL_VERIFICATION_KEY_H_

#include "base/bytes.h"
#include "base/public_key.h"
#include "base/status.h"

namespace attestd::unseal {

// The key with which ES256 signatures are checked, from a JWK (RFC 7517; RFC 7518, 6.2) of EC and
// P-256, whose "alg" and "use", where it has them, are ES256 and sig. A private half, which does
// not belong there, is not looked at and not copied. FailedPrecondition (kKeyUnfit) for any other
// kind of key.
absl::StatusOr<base::PublicKey> ParseVerificationKey(base::ByteView jwk);

}  // namespace attestd::unseal

#endif  // ATTESTD_UNSEAL_VERIFICATION_KEY_H_
