// SPDX-License-Identifier: Apache-2.0
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/encoding.h"
#include "base/openssl_error.h"
#include "kbs_client/tee_key.h"

namespace attestd::kbs {
namespace {

using base::Handle;
using base::OpensslError;

using Params = Handle<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;

// 04 || x || y (SEC 1, 2.3.3): the only encoding accepted, so infinity cannot be written.
absl::StatusOr<base::Bytes> Uncompressed(const EcPoint& point, const TeeKeyNames& names) {
  if (names.crv.empty() || point.x.size() != names.coordinate_size ||
      point.y.size() != names.coordinate_size) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "a coordinate has not the size of the curve's field");
  }
  base::Bytes encoded = {0x04};
  encoded.insert(encoded.end(), point.x.begin(), point.x.end());
  encoded.insert(encoded.end(), point.y.begin(), point.y.end());
  return encoded;
}

absl::Status NotOnCurve() {
  const absl::Status cause = OpensslError("the point is not on the curve");
  return {absl::StatusCode::kInvalidArgument, cause.message()};
}

// A key pair from its point and its scalar. fromdata refuses points off the curve, and coordinates
// that are not below p.
absl::StatusOr<Key> ImportPair(const TeeKeyNames& names, const EcPoint& point, const BIGNUM* d) {
  ASSIGN_OR_RETURN(const base::Bytes encoded, Uncompressed(point, names));
  const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, names.crv.data(),
                                      names.crv.size()) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                       encoded.size()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d) != 1) {
    return OpensslError("EC key");
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    return NotOnCurve();
  }
  return Key(key);
}

// A point on the curve of `key`, whose parameters it shares: to make them anew by the curve's name
// would take as long as a quarter of the agreement. Refuses what ImportPair refuses.
absl::StatusOr<Key> ImportPeer(const TeeKeyNames& names, const EcPoint& point,
                               const EVP_PKEY* key) {
  ASSIGN_OR_RETURN(const base::Bytes encoded, Uncompressed(point, names));
  Key peer(EVP_PKEY_new());
  if (peer == nullptr || EVP_PKEY_copy_parameters(peer.get(), key) != 1) {
    return OpensslError("EC key");
  }
  if (EVP_PKEY_set1_encoded_public_key(peer.get(), encoded.data(), encoded.size()) != 1) {
    return NotOnCurve();
  }
  return peer;
}

absl::StatusOr<std::string> Coordinate(const EVP_PKEY* key, const char* name, size_t size) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) {
    return OpensslError("TEE key coordinate");
  }
  const Handle<BIGNUM, BN_free> number(raw);
  base::Bytes bytes(size);
  if (BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(bytes.size())) !=
      static_cast<int>(bytes.size())) {
    return OpensslError("TEE key coordinate");
  }
  return base::Base64UrlEncode(bytes);
}

absl::StatusOr<base::Secret> Derive(EVP_PKEY* key, EVP_PKEY* peer, size_t size) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  // OpenSSL's own check of the peer would also multiply by the order, for a third of the time of
  // an unwrap. P-256 and P-521 have cofactor 1, so that every point on the curve but infinity is of
  // that order (NIST SP 800-56A, 5.6.2.3.4); ImportPeer refuses the others.
  constexpr int kNoFurtherCheck = 0;
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer, kNoFurtherCheck) != 1) {
    return OpensslError("ECDH");
  }
  ASSIGN_OR_RETURN(base::Secret z, base::Secret::Allocate(size));
  size_t written = z.size();
  if (EVP_PKEY_derive(context.get(), z.writable().data(), &written) != 1 || written != z.size()) {
    return OpensslError("ECDH");
  }
  return z;
}

}  // namespace

absl::StatusOr<TeeKey> TeeKey::FromPrivate(base::ByteView d, const EcPoint& point,
                                           TeeKeyKind kind) {
  const Handle<BIGNUM, BN_clear_free> scalar(BN_secure_new());
  if (scalar == nullptr ||
      BN_bin2bn(d.data(), static_cast<int>(d.size()), scalar.get()) == nullptr) {
    return OpensslError("TEE key scalar");
  }
  ASSIGN_OR_RETURN(Key key, ImportPair(NamesOf(kind), point, scalar.get()));
  return TeeKey(key.release(), kind);
}

absl::StatusOr<base::Json> TeeKey::EcJwk() const {
  const TeeKeyNames names = NamesOf(kind_);
  ASSIGN_OR_RETURN(const std::string x,
                   Coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, names.coordinate_size));
  ASSIGN_OR_RETURN(const std::string y,
                   Coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, names.coordinate_size));
  return base::Json{{"kty", "EC"}, {"crv", names.crv}, {"alg", names.alg}, {"x", x}, {"y", y}};
}

absl::StatusOr<base::Secret> TeeKey::Agree(const EcPoint& peer) const {
  const TeeKeyNames names = NamesOf(kind_);
  if (names.crv.empty()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "ECDH: the TEE key is RSA");
  }
  const absl::StatusOr<Key> peer_key = ImportPeer(names, peer, key_.get());
  // A point that is none costs the same agreement, with our own point.
  absl::StatusOr<base::Secret> z =
      Derive(key_.get(), peer_key.ok() ? peer_key->get() : key_.get(), names.coordinate_size);
  if (!peer_key.ok()) {
    return peer_key.status();
  }
  return z;
}

}  // namespace attestd::kbs
