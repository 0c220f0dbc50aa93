// SPDX-License-Identifier: Apache-2.0
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/openssl_error.h"
#include "kbs_client/constant_time.h"
#include "kbs_client/tee_key.h"

namespace attestd::kbs {
namespace {

using base::Handle;
using base::OpensslError;
using base::Secret;

using Number = Handle<BIGNUM, BN_clear_free>;
using Params = Handle<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

absl::StatusOr<std::string> Base64Number(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) {
    return OpensslError("TEE key number");
  }
  const Handle<BIGNUM, BN_free> number(raw);
  base::Bytes bytes(static_cast<size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  return base::Base64UrlEncode(bytes);
}

// The parameters borrow the numbers' values into memory of their own, secure for the private ones.
absl::StatusOr<Params> ToParams(const RsaNumbers& numbers) {
  const std::vector<std::pair<const char*, base::ByteView>> named = {
      {OSSL_PKEY_PARAM_RSA_N, numbers.n},          {OSSL_PKEY_PARAM_RSA_E, numbers.e},
      {OSSL_PKEY_PARAM_RSA_D, numbers.d},          {OSSL_PKEY_PARAM_RSA_FACTOR1, numbers.p},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, numbers.q},    {OSSL_PKEY_PARAM_RSA_EXPONENT1, numbers.dp},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, numbers.dq}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers.qi},
  };
  const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  std::vector<Number> owned;  // until the parameters are made
  for (const auto& [name, bytes] : named) {
    Number number(BN_secure_new());
    if (builder == nullptr || number == nullptr ||
        BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), number.get()) == nullptr ||
        OSSL_PARAM_BLD_push_BN(builder.get(), name, number.get()) != 1) {
      return OpensslError("RSA key");
    }
    owned.push_back(std::move(number));
  }
  Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  if (params == nullptr) {
    return OpensslError("RSA key");
  }
  return params;
}

// Decryption of one block, ready for EVP_PKEY_decrypt. For RSA1_5 without a look at the padding:
// OpenSSL 3.0 answers a wrong one in another way than a right one.
// An error for a key that is null, too.
absl::StatusOr<KeyContext> DecryptContext(EVP_PKEY* key, TeeKeyKind kind) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  bool ok = key != nullptr && context != nullptr && EVP_PKEY_decrypt_init(context.get()) == 1;
  if (kind == TeeKeyKind::kRsaOaep256) {
    // RFC 7518, 4.3: SHA-256, MGF1 with SHA-256, no label.
    ok = ok && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()) == 1;
  } else {
    ok = ok && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1;
  }
  if (!ok) {
    return OpensslError("RSA decryption");
  }
  return context;
}

// The block as it came, or one of the right size and below the modulus, so that a block that is
// none costs the same operation. `good` says which; it tells what the sender knows.
base::Bytes Block(const EVP_PKEY* key, base::ByteView encrypted_key, bool& good) {
  BIGNUM* raw = nullptr;
  const int got = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &raw);
  const Number modulus(raw);
  const Number number(
      BN_bin2bn(encrypted_key.data(), static_cast<int>(encrypted_key.size()), nullptr));
  good = got == 1 && number != nullptr && encrypted_key.size() == kRsaSize &&
         BN_cmp(number.get(), modulus.get()) < 0;
  return good ? base::ToBytes(encrypted_key) : base::Bytes(kRsaSize, 1);
}

// EME-PKCS1-v1_5 (RFC 8017, 7.2.2) for a message of 32 bytes: 00 02 PS 00 M, PS without zeros. 0xff
// when it holds, else 0; reads all in any case.
uint8_t Pkcs1Mask(base::ByteView encoded) {
  const size_t separator = encoded.size() - kContentKeySize - 1;
  uint8_t mask = MaskIfZero(encoded[0]);
  mask &= MaskIfZero(encoded[1] ^ 2U);
  for (size_t i = 2; i < separator; ++i) {
    mask &= static_cast<uint8_t>(~MaskIfZero(encoded[i]));
  }
  mask &= MaskIfZero(encoded[separator]);
  return mask;
}

}  // namespace

absl::StatusOr<TeeKey> TeeKey::FromPrivate(const RsaNumbers& numbers, TeeKeyKind kind) {
  if (numbers.n.size() != kRsaSize || (numbers.n.front() & 0x80U) == 0 ||
      !NamesOf(kind).crv.empty()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "the TEE key is not RSA with 2048 bits");
  }
  ASSIGN_OR_RETURN(const Params params, ToParams(numbers));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    return OpensslError("RSA key");
  }
  return TeeKey(key, kind);
}

absl::StatusOr<base::Json> TeeKey::RsaJwk() const {
  ASSIGN_OR_RETURN(const std::string n, Base64Number(key_.get(), OSSL_PKEY_PARAM_RSA_N));
  ASSIGN_OR_RETURN(const std::string e, Base64Number(key_.get(), OSSL_PKEY_PARAM_RSA_E));
  return base::Json{{"kty", "RSA"}, {"alg", NamesOf(kind_).alg}, {"n", n}, {"e", e}};
}

absl::StatusOr<Secret> TeeKey::DecryptContentKey(base::ByteView encrypted_key,
                                                 const Secret& fallback) const {
  if (!NamesOf(kind_).crv.empty() || fallback.size() != kContentKeySize) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                            "RSA: the TEE key is EC, or there is no key to fall back on");
  }
  // What OpenSSL computes from the primes it keeps with the key, and the primes again, in ordinary
  // memory (BN_MONT_CTX): with a copy, for the length of the call.
  const Handle<EVP_PKEY, EVP_PKEY_free> key(EVP_PKEY_dup(key_.get()));
  ASSIGN_OR_RETURN(const KeyContext context, DecryptContext(key.get(), kind_));
  bool good_block = false;
  const base::Bytes block = Block(key_.get(), encrypted_key, good_block);
  ASSIGN_OR_RETURN(Secret decrypted, Secret::Allocate(kRsaSize));
  size_t size = decrypted.size();
  const int result = EVP_PKEY_decrypt(context.get(), decrypted.writable().data(), &size,
                                      block.data(), block.size());
  ERR_clear_error();
  // OAEP leaves the message in front; without padding it is the end of the block.
  uint8_t mask = MaskIf(good_block) & MaskIf(result == 1);
  size_t at = 0;
  if (kind_ == TeeKeyKind::kRsaOaep256) {
    mask &= MaskIf(size == kContentKeySize);
  } else {
    mask &= Pkcs1Mask(decrypted.view());
    at = kRsaSize - kContentKeySize;
  }
  ASSIGN_OR_RETURN(Secret content_key, Secret::Copy(decrypted.view().subspan(at, kContentKeySize)));
  KeepIf(mask, content_key.writable(), fallback.view());
  return content_key;
}

}  // namespace attestd::kbs
