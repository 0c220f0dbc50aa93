// SPDX-License-Identifier: Apache-2.0
#include "base/fingerprint.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/openssl_error.h"

namespace attestd::base {
namespace {

constexpr size_t kSize = 32;

}  // namespace

absl::StatusOr<Fingerprinter> Fingerprinter::Create() {
  ASSIGN_OR_RETURN(Secret key, Secret::Allocate(kSize));
  if (RAND_priv_bytes(key.writable().data(), kSize) != 1) {
    return OpensslError("random key");
  }
  return Fingerprinter(std::move(key));
}

absl::StatusOr<Bytes> Fingerprinter::Of(ByteView bytes) const {
  Bytes digest(kSize);
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key_.view().data(), kSize, bytes.data(), bytes.size(), digest.data(),
           &size) == nullptr ||
      size != kSize) {
    return OpensslError("fingerprint");
  }
  return digest;
}

}  // namespace attestd::base
