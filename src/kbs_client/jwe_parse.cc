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
  const auto text = base::FindString(object, key);
  if (!text.ok()) {
    return Rejected("\"" + std::string(key) + "\" is missing or not a string");
  }
  auto bytes = base::Base64UrlDecode(**text);
  if (!bytes.ok()) {
    return Rejected("\"" + std::string(key) + "\" is not base64url");
  }
  return bytes;
}

bool Equals(const Json& object, std::string_view key, std::string_view value) {
  const auto text = base::FindString(object, key);
  return text.ok() && **text == value;
}

// All members are among those named.
bool OnlyMembers(const Json& object, std::initializer_list<std::string_view> names) {
  return std::all_of(object.items().begin(), object.items().end(), [&](const auto& item) {
    return std::find(names.begin(), names.end(), item.key()) != names.end();
  });
}

// What is wrong with a point is said neither here nor in DecryptJwe, which meets most such points.
absl::StatusOr<EcPoint> ParseEpk(const Json& header, const TeeKeyNames& names) {
  const auto epk = header.find("epk");
  if (epk == header.end() || !epk->is_object()) {
    return Rejected("\"epk\" is missing or not an object");
  }
  const auto x = DecodeMember(*epk, "x");
  const auto y = DecodeMember(*epk, "y");
  if (!OnlyMembers(*epk, {"kty", "crv", "x", "y"}) || !Equals(*epk, "kty", "EC") ||
      !Equals(*epk, "crv", names.crv) || !x.ok() || !y.ok() || x->size() != names.coordinate_size ||
      y->size() != names.coordinate_size) {
    return JweDoesNotDecrypt();
  }
  return EcPoint{.x = *x, .y = *y};
}

// The protected header's point; an empty one for RSA.
absl::StatusOr<EcPoint> ParseHeader(std::string_view json, TeeKeyKind kind) {
  const TeeKeyNames names = NamesOf(kind);
  const bool is_ec = !names.crv.empty();
  const auto header = base::ParseJson(json);
  if (!header.ok() || !header->is_object()) {
    return Rejected("the protected header is not a JSON object");
  }
  if (!OnlyMembers(*header, {"alg", "enc", is_ec ? "epk" : "enc"})) {
    return Rejected("the protected header has a member that is not understood");
  }
  if (!Equals(*header, "alg", names.alg)) {
    return Rejected("\"alg\" is not " + std::string(names.alg));
  }
  if (!Equals(*header, "enc", "A256GCM")) {
    return Rejected("\"enc\" is not A256GCM");
  }
  return is_ec ? ParseEpk(*header, names) : absl::StatusOr<EcPoint>(EcPoint{});
}

absl::StatusOr<Json> ParseBody(std::string body) {
  auto json = base::ParseJson(body);
  body = std::string();  // the members are decoded without it in memory
  if (!json.ok() || !json->is_object()) {
    return Rejected("the body is not a JSON object");
  }
  if (!OnlyMembers(*json, {"protected", "encrypted_key", "iv", "ciphertext", "tag"})) {
    return Rejected("the body has a member that is not understood");
  }
  return json;
}

absl::StatusOr<std::string> ProtectedText(const Json& body) {
  auto text = base::GetString(body, "protected");
  if (!text.ok()) {
    return Rejected("\"protected\" is missing or not a string");
  }
  return text;
}

// The body's members that are bytes, as they stand.
absl::StatusOr<JweEnvelope> DecodeMembers(const Json& body, TeeKeyKind kind) {
  JweEnvelope envelope;
  envelope.kind = kind;
  ASSIGN_OR_RETURN(envelope.encrypted_key, DecodeMember(body, "encrypted_key"));
  ASSIGN_OR_RETURN(envelope.iv, DecodeMember(body, "iv"));
  ASSIGN_OR_RETURN(envelope.ciphertext, DecodeMember(body, "ciphertext"));
  ASSIGN_OR_RETURN(envelope.tag, DecodeMember(body, "tag"));
  if (envelope.iv.size() != kIvSize || envelope.encrypted_key.size() > kMaxWrappedKey) {
    return Rejected(R"("iv" or "encrypted_key" has a wrong length)");
  }
  return envelope;
}

}  // namespace

absl::StatusOr<JweEnvelope> ParseJwe(std::string body, TeeKeyKind kind) {
  ASSIGN_OR_RETURN(const Json json, ParseBody(std::move(body)));
  ASSIGN_OR_RETURN(std::string protected_text, ProtectedText(json));
  const auto header = base::Base64UrlDecode(protected_text);
  if (!header.ok()) {
    return Rejected("\"protected\" is not base64url");
  }
  ASSIGN_OR_RETURN(EcPoint epk, ParseHeader(base::AsText(*header), kind));
  ASSIGN_OR_RETURN(JweEnvelope envelope, DecodeMembers(json, kind));
  if (envelope.tag.size() != kTagSize) {
    return Rejected("\"tag\" has a wrong length");
  }
  envelope.epk = std::move(epk);
  // RFC 7516, 5.1, step 14: the text as received.
  envelope.additional_data = std::move(protected_text);
  return envelope;
}

absl::StatusOr<JweEnvelope> ParseLegacyJwe(std::string body) {
  ASSIGN_OR_RETURN(const Json json, ParseBody(std::move(body)));
  ASSIGN_OR_RETURN(const std::string header, ProtectedText(json));
  RETURN_IF_ERROR(ParseHeader(header, TeeKeyKind::kRsa15).status());
  ASSIGN_OR_RETURN(JweEnvelope envelope, DecodeMembers(json, TeeKeyKind::kRsa15));
  if (!envelope.tag.empty() || envelope.ciphertext.size() < kTagSize) {
    return Rejected(R"("tag" is not empty, or "ciphertext" is shorter than one)");
  }
  const auto tag = envelope.ciphertext.end() - static_cast<ptrdiff_t>(kTagSize);
  envelope.tag.assign(tag, envelope.ciphertext.end());
  envelope.ciphertext.erase(tag, envelope.ciphertext.end());
  return envelope;
}

}  // namespace attestd::kbs
