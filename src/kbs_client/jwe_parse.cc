// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "kbs_client/jwe.h"

namespace attestd::kbs {
namespace {

using base::Json;

constexpr size_t kIvSize = 12;
constexpr size_t kTagSize = 16;
constexpr size_t kMaxWrappedKey = 1024;

absl::Status Rejected(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInternal, base::Reason::kReplyRejected,
                          "JWE: " + std::string(what));
}

absl::StatusOr<base::Bytes> DecodeMember(const Json& object, std::string_view key) {
  const auto text = base::GetString(object, key);
  if (!text.ok()) {
    return Rejected("\"" + std::string(key) + "\" is missing or not a string");
  }
  auto bytes = base::Base64UrlDecode(*text);
  if (!bytes.ok()) {
    return Rejected("\"" + std::string(key) + "\" is not base64url");
  }
  return bytes;
}

bool Equals(const Json& object, std::string_view key, std::string_view value) {
  const auto text = base::GetString(object, key);
  return text.ok() && *text == value;
}

// All members are among those named.
bool OnlyMembers(const Json& object, std::initializer_list<std::string_view> names) {
  return std::all_of(object.items().begin(), object.items().end(), [&](const auto& item) {
    return std::find(names.begin(), names.end(), item.key()) != names.end();
  });
}

absl::StatusOr<EcPoint> ParseEpk(const Json& header) {
  const auto epk = header.find("epk");
  if (epk == header.end() || !epk->is_object() || !OnlyMembers(*epk, {"kty", "crv", "x", "y"})) {
    return Rejected("\"epk\" is missing or malformed");
  }
  if (!Equals(*epk, "kty", "EC") || !Equals(*epk, "crv", "P-256")) {
    return Rejected("\"epk\" is not on P-256");
  }
  ASSIGN_OR_RETURN(base::Bytes x, DecodeMember(*epk, "x"));
  ASSIGN_OR_RETURN(base::Bytes y, DecodeMember(*epk, "y"));
  if (x.size() != kCoordinateSize || y.size() != kCoordinateSize) {
    return Rejected("an \"epk\" coordinate is not 32 bytes");
  }
  return EcPoint{.x = std::move(x), .y = std::move(y)};
}

absl::StatusOr<EcPoint> ParseHeader(std::string_view protected_text) {
  const auto bytes = base::Base64UrlDecode(protected_text);
  if (!bytes.ok()) {
    return Rejected("\"protected\" is not base64url");
  }
  const auto header = base::ParseJson(base::AsText(*bytes));
  if (!header.ok() || !header->is_object()) {
    return Rejected("the protected header is not a JSON object");
  }
  if (!OnlyMembers(*header, {"alg", "enc", "epk"})) {
    return Rejected("the protected header has a member that is not understood");
  }
  if (!Equals(*header, "alg", "ECDH-ES+A256KW")) {
    return Rejected("\"alg\" is not ECDH-ES+A256KW");
  }
  if (!Equals(*header, "enc", "A256GCM")) {
    return Rejected("\"enc\" is not A256GCM");
  }
  return ParseEpk(*header);
}

}  // namespace

absl::StatusOr<JweEnvelope> ParseJwe(std::string_view body) {
  const auto json = base::ParseJson(body);
  if (!json.ok() || !json->is_object()) {
    return Rejected("the body is not a JSON object");
  }
  if (!OnlyMembers(*json, {"protected", "encrypted_key", "iv", "ciphertext", "tag"})) {
    return Rejected("the body has a member that is not understood");
  }
  JweEnvelope envelope;
  auto protected_text = base::GetString(*json, "protected");
  if (!protected_text.ok()) {
    return Rejected("\"protected\" is missing or not a string");
  }
  ASSIGN_OR_RETURN(envelope.epk, ParseHeader(*protected_text));
  envelope.protected_text = *std::move(protected_text);
  ASSIGN_OR_RETURN(envelope.encrypted_key, DecodeMember(*json, "encrypted_key"));
  ASSIGN_OR_RETURN(envelope.iv, DecodeMember(*json, "iv"));
  ASSIGN_OR_RETURN(envelope.ciphertext, DecodeMember(*json, "ciphertext"));
  ASSIGN_OR_RETURN(envelope.tag, DecodeMember(*json, "tag"));
  if (envelope.iv.size() != kIvSize || envelope.tag.size() != kTagSize ||
      envelope.encrypted_key.size() > kMaxWrappedKey) {
    return Rejected(R"("iv", "tag" or "encrypted_key" has a wrong length)");
  }
  return envelope;
}

}  // namespace attestd::kbs
