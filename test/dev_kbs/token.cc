// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/token.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/openssl_error.h"

namespace attestd::dev_kbs {
namespace {

using base::Bytes;
using base::ByteView;
using EcdsaSignature = base::Handle<ECDSA_SIG, ECDSA_SIG_free>;
using DigestContext = base::Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

// r || s (RFC 7518, 3.4).
constexpr size_t kSignatureSize = 64;
constexpr int kHalfSize = 32;
constexpr absl::Duration kLeeway = absl::Seconds(60);

absl::Status BadToken(std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kUnauthenticated, why);
}

absl::StatusOr<Bytes> ToRaw(ByteView der) {
  const uint8_t* cursor = der.data();
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
  Bytes raw(kSignatureSize);
  if (signature == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), kHalfSize) != kHalfSize ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + kHalfSize, kHalfSize) !=
          kHalfSize) {
    return base::OpensslError("ES256 signature");
  }
  return raw;
}

absl::StatusOr<Bytes> ToDer(ByteView raw) {
  const EcdsaSignature signature(ECDSA_SIG_new());
  base::Handle<BIGNUM, BN_free> r(BN_bin2bn(raw.data(), kHalfSize, nullptr));
  base::Handle<BIGNUM, BN_free> s(BN_bin2bn(raw.data() + kHalfSize, kHalfSize, nullptr));
  if (signature == nullptr || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return base::OpensslError("ES256 signature");
  }
  static_cast<void>(r.release());  // now the signature's
  static_cast<void>(s.release());
  uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) {
    return base::OpensslError("ES256 signature");
  }
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

absl::Status VerifyEs256(EVP_PKEY* key, std::string_view input, ByteView raw) {
  if (raw.size() != kSignatureSize) {
    return BadToken("the token's signature has the wrong length");
  }
  ASSIGN_OR_RETURN(const Bytes der, ToDer(raw));
  const DigestContext context(EVP_MD_CTX_new());
  const ByteView bytes = base::AsBytes(input);
  if (context == nullptr ||
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1) {
    return base::OpensslError("ES256");
  }
  if (EVP_DigestVerify(context.get(), der.data(), der.size(), bytes.data(), bytes.size()) != 1) {
    return BadToken("the token's signature does not verify");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenSigner> TokenSigner::Create() {
  ASSIGN_OR_RETURN(KeyHandle key, GenerateEcKey(kP256));
  return FromKey(std::move(key));
}

absl::StatusOr<TokenSigner> TokenSigner::FromFile(const std::string& path) {
  constexpr size_t kMaxFile = size_t{16} << 10;
  ASSIGN_OR_RETURN(const base::Secret pem, base::ReadSecretFile(path, kMaxFile));
  const base::Handle<BIO, BIO_free_all> bio(
      BIO_new_mem_buf(pem.view().data(), static_cast<int>(pem.size())));
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  std::array<char, 32> group{};
  if (key == nullptr ||
      EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), nullptr) != 1 ||
      std::string_view(group.data()) != "prime256v1") {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            path + ": not a private key on P-256 in PEM");
  }
  return FromKey(std::move(key));
}

absl::StatusOr<TokenSigner> TokenSigner::FromKey(KeyHandle key) {
  ASSIGN_OR_RETURN(base::Json jwk, PublicEcJwk(kP256, *key));
  jwk["alg"] = "ES256";
  ASSIGN_OR_RETURN(const std::string header,
                   base::DumpJson({{"typ", "JWT"}, {"alg", "ES256"}, {"jwk", std::move(jwk)}}));
  return TokenSigner(std::move(key), base::Base64UrlEncode(base::AsBytes(header)));
}

absl::StatusOr<std::string> TokenSigner::Sign(const base::Json& claims) const {
  ASSIGN_OR_RETURN(const std::string payload, base::DumpJson(claims));
  std::string token = header_ + "." + base::Base64UrlEncode(base::AsBytes(payload));
  const ByteView input = base::AsBytes(token);
  const DigestContext context(EVP_MD_CTX_new());
  Bytes der(static_cast<size_t>(EVP_PKEY_get_size(key_.get())));
  size_t size = der.size();
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, input.data(), input.size()) != 1) {
    return base::OpensslError("ES256");
  }
  ASSIGN_OR_RETURN(const Bytes raw, ToRaw(ByteView(der).first(size)));
  return token + "." + base::Base64UrlEncode(raw);
}

absl::StatusOr<base::Json> TokenSigner::Verify(std::string_view token, absl::Time now) const {
  const size_t payload_at = header_.size() + 1;
  const size_t signature_at = token.rfind('.');
  // The header is the one that this signer writes, so the algorithm is not the token's to choose.
  if (!token.starts_with(header_ + ".") || signature_at < payload_at) {
    return BadToken("not a token of this broker");
  }
  const absl::StatusOr<Bytes> raw = base::Base64UrlDecode(token.substr(signature_at + 1));
  if (!raw.ok()) {
    return BadToken("the token's signature is not base64url");
  }
  RETURN_IF_ERROR(VerifyEs256(key_.get(), token.substr(0, signature_at), *raw));
  ASSIGN_OR_RETURN(const Bytes payload,
                   base::Base64UrlDecode(token.substr(payload_at, signature_at - payload_at)));
  ASSIGN_OR_RETURN(base::Json claims, base::ParseJson(base::AsText(payload)));
  ASSIGN_OR_RETURN(const base::Json* exp, base::GetMember(claims, "exp"));
  if (!exp->is_number_integer() || absl::FromUnixSeconds(exp->get<int64_t>()) + kLeeway <= now) {
    return BadToken("the token has expired");
  }
  return claims;
}

}  // namespace attestd::dev_kbs
