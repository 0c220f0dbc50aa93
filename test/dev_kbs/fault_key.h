// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_FAULT_KEY_H_
#define ATTESTD_TEST_DEV_KBS_FAULT_KEY_H_

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/json.h"
#include "base/status.h"

// Keys that an honest broker does not make.
namespace attestd::dev_kbs {

// The public JWK of a new key of the same "kty", "crv" and "alg".
absl::StatusOr<base::Json> AnotherKeyLike(const base::Json& tee_pubkey);

// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library's move has assertions only.
struct WrappedBytes {
  base::Bytes bytes;  // a key of 16 bytes, wrapped by the "alg" of the TEE's key
  base::Json epk;     // null for RSA
};
// InvalidArgument for kinds of keys that the broker does not know.
absl::StatusOr<WrappedBytes> WrapHalfKey(const base::Json& tee_pubkey);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_FAULT_KEY_H_
