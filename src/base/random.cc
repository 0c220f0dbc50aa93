// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <openssl/rand.h>

#include "base/openssl_error.h"

namespace attestd::base {

absl::StatusOr<Bytes> RandomBytes(size_t size) {
  Bytes bytes(size);
  if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) {
    return OpensslError("random bytes");
  }
  return bytes;
}

}  // namespace attestd::base
