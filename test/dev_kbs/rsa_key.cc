// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/rsa_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/openssl_error.h"

namespace attestd::dev_kbs {
namespace {

using base::Bytes;
using base::ByteView;
using KeyContext = base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

// EVP_PKEY_encrypt or EVP_PKEY_decrypt, which have one shape.
using Operation = int (*)(EVP_PKEY_CTX*, unsigned char*, size_t*, const unsigned char*, size_t);

bool SetPadding(EVP_PKEY_CTX* context, RsaPadding padding) {
  if (padding == RsaPadding::kPkcs1) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  }
  // The digest of OAEP is MGF1's too, unless said otherwise.
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1;
}

absl::StatusOr<Bytes> Run(EVP_PKEY_CTX* context, Operation operation, ByteView input) {
  size_t size = 0;
  if (operation(context, nullptr, &size, input.data(), input.size()) != 1) {
    return base::OpensslError("RSA");
  }
  Bytes output(size);
  if (operation(context, output.data(), &size, input.data(), input.size()) != 1) {
    return base::OpensslError("RSA");
  }
  output.resize(size);
  return output;
}

}  // namespace

absl::StatusOr<KeyHandle> RsaKeyFromJwk(const base::Json& jwk) {
  ASSIGN_OR_RETURN(Bytes modulus, base::GetBase64Url(jwk, "n"));
  ASSIGN_OR_RETURN(Bytes exponent, base::GetBase64Url(jwk, "e"));
  // OSSL_PARAM has integers in the host's order; attestd runs on little-endian machines only.
  std::reverse(modulus.begin(), modulus.end());
  std::reverse(exponent.begin(), exponent.end());
  std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus.data(), modulus.size()),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent.data(), exponent.size()),
      OSSL_PARAM_construct_end()};
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (modulus.empty() || exponent.empty() || context == nullptr ||
      EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.data()) != 1) {
    const absl::Status cause = base::OpensslError("not an RSA key");
    return absl::Status(absl::StatusCode::kInvalidArgument, cause.message());
  }
  return KeyHandle(key);
}

absl::StatusOr<base::Json> PublicRsaJwk(const EVP_PKEY& key) {
  base::Json jwk = {{"kty", "RSA"}};
  for (const char* name : {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E}) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(&key, name, &raw) != 1) {
      return base::OpensslError("RSA public key");
    }
    const base::Handle<BIGNUM, BN_free> number(raw);
    Bytes bytes(static_cast<size_t>(BN_num_bytes(number.get())));
    BN_bn2bin(number.get(), bytes.data());
    jwk[name] = base::Base64UrlEncode(bytes);  // "n" and "e" are OpenSSL's names too
  }
  return jwk;
}

absl::StatusOr<Bytes> RsaEncrypt(EVP_PKEY* key, RsaPadding padding, ByteView text) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (context == nullptr || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      !SetPadding(context.get(), padding)) {
    return base::OpensslError("RSA");
  }
  return Run(context.get(), EVP_PKEY_encrypt, text);
}

absl::StatusOr<Bytes> RsaDecrypt(EVP_PKEY* key, RsaPadding padding, ByteView block) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (context == nullptr || EVP_PKEY_decrypt_init(context.get()) != 1 ||
      !SetPadding(context.get(), padding)) {
    return base::OpensslError("RSA");
  }
  return Run(context.get(), EVP_PKEY_decrypt, block);
}

}  // namespace attestd::dev_kbs
