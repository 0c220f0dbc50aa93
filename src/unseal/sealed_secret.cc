// SPDX-License-Identifier: Apache-2.0
#include "unseal/sealed_secret.h"

#include <absl/strings/match.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::unseal {
namespace {

using base::Json;

constexpr std::string_view kPrefix = "sealed.";
constexpr size_t kMaxSealed = size_t{1} << 20;
constexpr std::string_view kVersion = "0.1.0";
constexpr size_t kSignatureSize = 64;
constexpr size_t kMaxKeyId = 4096;

absl::Status RefuseSignature(std::string_view message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kSignatureRefused,
                          "sealed secret: " + std::string(message));
}

absl::Status RefuseContent(std::string_view message) {
  return BadPacket("sealed secret: " + std::string(message));
}

// The JSON object that a part encodes.
absl::StatusOr<Json> DecodeObject(std::string_view part) {
  ASSIGN_OR_RETURN(const base::Bytes bytes, base::Base64UrlDecode(part));
  ASSIGN_OR_RETURN(Json json, base::ParseJson(base::AsText(bytes)));
  if (!json.is_object()) {
    return absl::InvalidArgumentError("JSON: expected an object");
  }
  return json;
}

std::string Cause(const absl::Status& status) {
  const auto message = status.message();
  return {message.data(), message.size()};
}

absl::StatusOr<std::string> Member(const Json& object, std::string_view name) {
  auto text = base::GetString(object, name);
  return text.ok() ? std::move(text) : RefuseContent(Cause(text.status()));
}

absl::StatusOr<base::Bytes> BytesMember(const Json& object, std::string_view name) {
  auto bytes = base::GetBase64(object, name);
  return bytes.ok() ? std::move(bytes) : RefuseContent(Cause(bytes.status()));
}

absl::StatusOr<kbs::ResourceUri> UriMember(const Json& object, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string text, Member(object, name));
  auto uri = kbs::ResourceUri::Parse(text);
  if (!uri.ok()) {
    return base::Annotate(uri.status(), "sealed secret: \"" + std::string(name) + "\"");
  }
  return uri;
}

absl::StatusOr<WrapType> TypeMember(const Json& object) {
  ASSIGN_OR_RETURN(const std::string name, Member(object, "wrap_type"));
  const auto type = ParseWrapType(name);
  return type.ok() ? type : base::Annotate(type.status(), "sealed secret: \"wrap_type\"");
}

absl::Status CheckProvider(const Json& payload) {
  ASSIGN_OR_RETURN(const std::string provider, Member(payload, "provider"));
  if (!absl::EqualsIgnoreCase(provider, "kbs")) {
    return RefuseContent(
        "expected the provider \"kbs\", found another; key management services "
        "other than key brokers are not asked");
  }
  return absl::OkStatus();
}

absl::StatusOr<Wrapped> CheckedWrapped(Wrapped wrapped, std::string_view what) {
  if (const absl::Status status = CheckLengths(wrapped); !status.ok()) {
    return base::Annotate(status, "sealed secret: " + std::string(what));
  }
  return wrapped;
}

// Under A256GCM: its IV has no other place than the annotations, which are the provider's.
absl::StatusOr<Wrapped> ParseEncryptedKey(const Json& payload) {
  Wrapped key;
  ASSIGN_OR_RETURN(key.data, BytesMember(payload, "encrypted_key"));
  const auto annotations = base::GetMember(payload, "annotations");
  if (!annotations.ok()) {
    return RefuseContent(R"(expected the IV of "encrypted_key" in "annotations")");
  }
  ASSIGN_OR_RETURN(key.iv, BytesMember(**annotations, "iv"));
  if ((*annotations)->contains("wrap_type")) {
    ASSIGN_OR_RETURN(key.type, TypeMember(**annotations));
  }
  if (key.type != WrapType::kA256Gcm) {
    return RefuseContent("\"encrypted_key\" is not authenticated; encrypt it with A256GCM");
  }
  return CheckedWrapped(std::move(key), "\"encrypted_key\"");
}

absl::StatusOr<SealedContent> ParseEnvelope(const Json& payload) {
  ASSIGN_OR_RETURN(kbs::ResourceUri key_id, UriMember(payload, "key_id"));
  ASSIGN_OR_RETURN(Wrapped key, ParseEncryptedKey(payload));
  Wrapped data;
  ASSIGN_OR_RETURN(data.type, TypeMember(payload));
  ASSIGN_OR_RETURN(data.iv, BytesMember(payload, "iv"));
  ASSIGN_OR_RETURN(data.data, BytesMember(payload, "encrypted_data"));
  ASSIGN_OR_RETURN(data, CheckedWrapped(std::move(data), "\"encrypted_data\""));
  return EnvelopeSecret{
      .key_id = std::move(key_id), .key = std::move(key), .data = std::move(data)};
}

}  // namespace

absl::StatusOr<SealedParts> SplitSealed(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  if (text.size() > kMaxSealed || !text.starts_with(kPrefix)) {
    return RefuseContent("expected \"sealed.\" in front, and at most 1 MiB");
  }
  text.remove_prefix(kPrefix.size());
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    return RefuseContent("expected sealed.HEADER.PAYLOAD.SIGNATURE, four parts");
  }
  return SealedParts{.header = text.substr(0, first),
                     .payload = text.substr(first + 1, second - first - 1),
                     .signature = text.substr(second + 1),
                     .signed_text = text.substr(0, second)};
}

absl::StatusOr<SealSignature> ParseSealSignature(const SealedParts& parts) {
  constexpr std::array<std::string_view, 4> kMembers = {"alg", "kid", "typ", "cty"};
  const auto header = DecodeObject(parts.header);
  if (!header.ok()) {
    return RefuseSignature("expected a JWS header, found none; sign it with ES256");
  }
  for (const auto& [name, value] : header->items()) {
    if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end()) {
      return RefuseSignature(
          "the header has a member that is not understood; expected alg and kid");
    }
  }
  if (const auto alg = base::GetString(*header, "alg"); !alg.ok() || *alg != "ES256") {
    return RefuseSignature("\"alg\": expected ES256, found none or another; sign it with ES256");
  }
  const auto key_id = base::GetString(*header, "kid");
  if (!key_id.ok() || key_id->empty() || key_id->size() > kMaxKeyId) {
    return RefuseSignature("\"kid\": expected the KBS URI or the file name of the public key");
  }
  auto signature = base::Base64UrlDecode(parts.signature);
  if (!signature.ok() || signature->size() != kSignatureSize) {
    return RefuseSignature(
        "expected a signature of 64 bytes in base64url, r and s as RFC 7518, 3.4, and not DER");
  }
  return SealSignature{.key_id = *key_id, .signature = *std::move(signature)};
}

absl::StatusOr<SealedContent> ParseSealedContent(std::string_view payload) {
  const auto json = DecodeObject(payload);
  if (!json.ok()) {
    return RefuseContent("the payload is no JSON object in base64url: " + Cause(json.status()));
  }
  ASSIGN_OR_RETURN(const std::string version, Member(*json, "version"));
  ASSIGN_OR_RETURN(const std::string type, Member(*json, "type"));
  if (version != kVersion || (type != "vault" && type != "envelope")) {
    return RefuseContent(R"(expected version 0.1.0 and type "vault" or "envelope", found others)");
  }
  RETURN_IF_ERROR(CheckProvider(*json));
  if (type == "envelope") {
    return ParseEnvelope(*json);
  }
  ASSIGN_OR_RETURN(kbs::ResourceUri name, UriMember(*json, "name"));
  return VaultSecret{.name = std::move(name)};
}

}  // namespace attestd::unseal
