// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/fault_token.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "test/dev_kbs/token.h"

namespace attestd::dev_kbs {
namespace {

constexpr size_t kHuge = size_t{1} << 20;
constexpr int64_t kPastExp = 1577836800;  // 2020-01-01

std::string Encode(const base::Json& json) {
  return base::Base64UrlEncode(base::AsBytes(json.dump()));
}

absl::StatusOr<base::Json> Claims(const std::string& token) {
  const size_t dot = token.find('.');
  const size_t end = token.rfind('.');
  if (dot == std::string::npos || end <= dot) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "the honest token is no JWT");
  }
  ASSIGN_OR_RETURN(const base::Bytes payload,
                   base::Base64UrlDecode(token.substr(dot + 1, end - dot - 1)));
  return base::ParseJson(base::AsText(payload));
}

}  // namespace

absl::StatusOr<std::string> BadToken(const std::string& token, std::string_view kind,
                                     const SignClaims& sign) {
  ASSIGN_OR_RETURN(base::Json claims, Claims(token));
  if (kind == "not-jwt") {
    return "this is no token";
  }
  if (kind == "none-alg") {  // RFC 7519, 6
    return Encode({{"alg", "none"}, {"typ", "JWT"}}) + "." + Encode(claims) + ".";
  }
  if (kind == "other-key") {
    ASSIGN_OR_RETURN(const TokenSigner other, TokenSigner::Create());
    return other.Sign(claims);
  }
  if (kind == "huge") {
    claims["filler"] = std::string(kHuge, 'x');
  } else if (kind == "no-exp") {
    claims.erase("exp");
  } else {
    claims["exp"] = kPastExp;
    claims["iat"] = kPastExp - 1;
  }
  return sign(claims);
}

}  // namespace attestd::dev_kbs
