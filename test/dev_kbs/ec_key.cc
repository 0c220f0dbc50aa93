// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/ec_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/openssl_error.h"

namespace attestd::dev_kbs {
namespace {

// Uncompressed point (SEC 1, 2.3.3): 04 || x || y.
constexpr uint8_t kUncompressed = 0x04;

absl::Status AppendCoordinate(const base::Json& jwk, std::string_view name, const Curve& curve,
                              base::Bytes& point) {
  ASSIGN_OR_RETURN(const std::string text, base::GetString(jwk, name));
  ASSIGN_OR_RETURN(const base::Bytes bytes, base::Base64UrlDecode(text));
  if (bytes.size() != curve.field_size) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "a coordinate of the key has the wrong length");
  }
  point.insert(point.end(), bytes.begin(), bytes.end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<KeyHandle> GenerateEcKey(const Curve& curve) {
  KeyHandle key(EVP_EC_gen(curve.name.data()));
  if (key == nullptr) {
    return base::OpensslError("EC key");
  }
  return key;
}

absl::StatusOr<KeyHandle> EcKeyFromJwk(const Curve& curve, const base::Json& jwk) {
  base::Bytes point = {kUncompressed};
  RETURN_IF_ERROR(AppendCoordinate(jwk, "x", curve, point));
  RETURN_IF_ERROR(AppendCoordinate(jwk, "y", curve, point));
  std::string name(curve.name);
  std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.data()) != 1) {
    const absl::Status cause = base::OpensslError("not a point of the curve");
    return absl::Status(absl::StatusCode::kInvalidArgument, cause.message());
  }
  return KeyHandle(key);
}

absl::StatusOr<base::Json> PublicEcJwk(const Curve& curve, const EVP_PKEY& key) {
  base::Bytes point(1 + 2 * curve.field_size);
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(&key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(),
                                      &size) != 1 ||
      size != point.size() || point.front() != kUncompressed) {
    return base::OpensslError("EC public key");
  }
  const base::ByteView coordinates = base::ByteView(point).subspan(1);
  return base::Json{{"crv", curve.name},
                    {"kty", "EC"},
                    {"x", base::Base64UrlEncode(coordinates.first(curve.field_size))},
                    {"y", base::Base64UrlEncode(coordinates.last(curve.field_size))}};
}

}  // namespace attestd::dev_kbs
