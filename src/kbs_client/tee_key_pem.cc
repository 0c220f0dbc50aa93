// SPDX-License-Identifier: Apache-2.0
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "base/openssl_error.h"
#include "kbs_client/tee_key.h"

namespace attestd::kbs {

absl::StatusOr<base::Secret> TeeKey::PrivatePem() const {
  // In OpenSSL's secure heap, which is that of Secret, and wiped with the BIO.
  const base::Handle<BIO, BIO_free_all> pem(BIO_new(BIO_s_secmem()));
  if (pem == nullptr) {
    return base::OpensslError("TEE key as PEM");
  }
  const bool ec = !NamesOf(kind_).crv.empty();
  const int written = ec ? PEM_write_bio_PKCS8PrivateKey(pem.get(), key_.get(), nullptr, nullptr, 0,
                                                         nullptr, nullptr)
                         : PEM_write_bio_PrivateKey_traditional(pem.get(), key_.get(), nullptr,
                                                                nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(pem.get(), &text);
  if (written != 1 || size <= 0) {
    return base::OpensslError("TEE key as PEM");
  }
  return base::Secret::Copy({reinterpret_cast<const uint8_t*>(text), static_cast<size_t>(size)});
}

}  // namespace attestd::kbs
