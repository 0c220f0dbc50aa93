// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_FAULT_KEY_H_
#define ATTESTD_TEST_DEV_KBS_FAULT_KEY_H_

#include <cstddef>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/json.h"
#include "base/status.h"

// The cryptography of answers that an honest broker does not give.
namespace attestd::dev_kbs {

// The public JWK of a new key of the same "kty", "crv" and "alg".
absl::StatusOr<base::Json> AnotherKeyLike(const base::Json& tee_pubkey);

// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library's move has assertions only.
struct WrappedBytes {
  base::Bytes bytes;  // wrapped by the "alg" of the TEE's key
  base::Json epk;     // null for RSA
};
// A content key of 16 or 32 bytes. InvalidArgument for TEE keys that the broker does not know.
absl::StatusOr<WrappedBytes> WrapKey(const base::Json& tee_pubkey, const base::Bytes& key);

// A256GCM (RFC 7518, 5.3).
struct SealedBytes {
  base::Bytes iv;
  base::Bytes ciphertext;
  base::Bytes tag;
};
absl::StatusOr<SealedBytes> SealBytes(const base::Bytes& key, base::ByteView aad,
                                      base::ByteView plaintext);

absl::StatusOr<base::Bytes> RandomBytes(size_t size);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_FAULT_KEY_H_
