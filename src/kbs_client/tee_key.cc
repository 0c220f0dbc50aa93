// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/tee_key.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <nlohmann/json.hpp>

#include "base/openssl_error.h"

namespace attestd::kbs {

TeeKeyNames NamesOf(TeeKeyKind kind) {
  switch (kind) {
    case TeeKeyKind::kEcP256:
      return {.alg = "ECDH-ES+A256KW", .crv = "P-256", .coordinate_size = 32};
    case TeeKeyKind::kEcP521:
      return {.alg = "ECDH-ES+A256KW", .crv = "P-521", .coordinate_size = 66};
    case TeeKeyKind::kRsaOaep256:
      return {.alg = "RSA-OAEP-256", .crv = "", .coordinate_size = 0};
    case TeeKeyKind::kRsa15:
      break;
  }
  return {.alg = "RSA1_5", .crv = "", .coordinate_size = 0};
}

absl::StatusOr<TeeKey> TeeKey::Generate(TeeKeyKind kind) {
  const TeeKeyNames names = NamesOf(kind);
  // OpenSSL names the curves as JOSE does; the public exponent of its RSA keys is 65537.
  EVP_PKEY* key = names.crv.empty() ? EVP_RSA_gen(kRsaSize * 8) : EVP_EC_gen(names.crv.data());
  if (key == nullptr) {
    return base::OpensslError("generate the TEE key");
  }
  return TeeKey(key, kind);
}

absl::StatusOr<base::Json> TeeKey::PublicJwk() const {
  return NamesOf(kind_).crv.empty() ? RsaJwk() : EcJwk();
}

}  // namespace attestd::kbs
