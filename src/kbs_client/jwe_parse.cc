// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "base/flat_json.h"
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

absl::StatusOr<base::Bytes> DecodeText(std::string_view text, std::string_view key) {
  auto bytes = base::Base64UrlDecode(text);
  if (!bytes.ok()) {
    return Rejected("\"" + std::string(key) + "\" is not base64url");
  }
  return bytes;
}

absl::StatusOr<base::Bytes> DecodeMember(const Json& object, std::string_view key) {
  const auto text = base::FindString(object, key);
  if (!text.ok()) {
    return Rejected("\"" + std::string(key) + "\" is missing or not a string");
  }
  return DecodeText(**text, key);
}

bool Equals(const Json& object, std::string_view key, std::string_view value) {
  const auto text = base::FindString(object, key);
  return text.ok() && **text == value;
}

// All members are among those named.
bool OnlyMembers(const Json& object, std::span<const std::string_view> names) {
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
  constexpr std::array<std::string_view, 4> kMembers = {"kty", "crv", "x", "y"};
  if (!OnlyMembers(*epk, kMembers) || !Equals(*epk, "kty", "EC") ||
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
  const std::array<std::string_view, 3> members = {"alg", "enc", is_ec ? "epk" : "enc"};
  if (!OnlyMembers(*header, members)) {
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

// The members of a body, all of them texts. Those of a usual one stay where they were received, so
// that a large one is in memory once.
// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library's move has assertions only.
class Body {
 public:
  static absl::StatusOr<Body> Parse(std::string text) {
    Body body;
    body.text_ = std::make_unique<const std::string>(std::move(text));
    if (auto members = base::ReadFlatObject(*body.text_); members.has_value()) {
      body.members_ = *std::move(members);
    } else {
      RETURN_IF_ERROR(body.ParseJson());
    }
    for (const auto& [name, value] : body.members_) {
      if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end()) {
        return Rejected("the body has a member that is not understood");
      }
    }
    return body;
  }

  absl::StatusOr<std::string_view> Text(std::string_view name) const {
    for (const auto& [found, value] : members_) {
      if (found == name) {
        return value;
      }
    }
    return Rejected("\"" + std::string(name) + "\" is missing or not a string");
  }

  absl::StatusOr<base::Bytes> Decode(std::string_view name) const {
    ASSIGN_OR_RETURN(const std::string_view text, Text(name));
    return DecodeText(text, name);
  }

 private:
  static constexpr std::array<std::string_view, 5> kMembers = {"protected", "encrypted_key", "iv",
                                                               "ciphertext", "tag"};

  // Any other way to write them; a member that is no text is left out.
  absl::Status ParseJson() {
    auto json = base::ParseJson(*text_);
    text_ = nullptr;
    if (!json.ok() || !json->is_object()) {
      return Rejected("the body is not a JSON object");
    }
    if (!OnlyMembers(*json, kMembers)) {
      return Rejected("the body has a member that is not understood");
    }
    json_ = *std::move(json);
    for (const auto& [name, value] : json_.items()) {
      if (value.is_string()) {
        members_.emplace_back(name, value.get_ref<const std::string&>());
      }
    }
    return absl::OkStatus();
  }

  std::unique_ptr<const std::string> text_;  // what `members_` lie in, or
  Json json_;                                // this
  base::FlatMembers members_;
};

// The body's members that are bytes, as they stand.
absl::StatusOr<JweEnvelope> DecodeMembers(const Body& body, TeeKeyKind kind) {
  JweEnvelope envelope;
  envelope.kind = kind;
  ASSIGN_OR_RETURN(envelope.encrypted_key, body.Decode("encrypted_key"));
  ASSIGN_OR_RETURN(envelope.iv, body.Decode("iv"));
  ASSIGN_OR_RETURN(envelope.ciphertext, body.Decode("ciphertext"));
  ASSIGN_OR_RETURN(envelope.tag, body.Decode("tag"));
  if (envelope.iv.size() != kIvSize || envelope.encrypted_key.size() > kMaxWrappedKey) {
    return Rejected(R"("iv" or "encrypted_key" has a wrong length)");
  }
  return envelope;
}

}  // namespace

absl::StatusOr<JweEnvelope> ParseJwe(std::string body, TeeKeyKind kind) {
  ASSIGN_OR_RETURN(const Body members, Body::Parse(std::move(body)));
  ASSIGN_OR_RETURN(const std::string_view protected_text, members.Text("protected"));
  const auto header = base::Base64UrlDecode(protected_text);
  if (!header.ok()) {
    return Rejected("\"protected\" is not base64url");
  }
  ASSIGN_OR_RETURN(EcPoint epk, ParseHeader(base::AsText(*header), kind));
  ASSIGN_OR_RETURN(JweEnvelope envelope, DecodeMembers(members, kind));
  if (envelope.tag.size() != kTagSize) {
    return Rejected("\"tag\" has a wrong length");
  }
  envelope.epk = std::move(epk);
  // RFC 7516, 5.1, step 14: the text as received.
  envelope.additional_data = std::string(protected_text);
  return envelope;
}

absl::StatusOr<JweEnvelope> ParseLegacyJwe(std::string body) {
  ASSIGN_OR_RETURN(const Body members, Body::Parse(std::move(body)));
  ASSIGN_OR_RETURN(const std::string_view header, members.Text("protected"));
  RETURN_IF_ERROR(ParseHeader(header, TeeKeyKind::kRsa15).status());
  ASSIGN_OR_RETURN(JweEnvelope envelope, DecodeMembers(members, TeeKeyKind::kRsa15));
  if (!envelope.tag.empty() || envelope.ciphertext.size() < kTagSize) {
    return Rejected(R"("tag" is not empty, or "ciphertext" is shorter than one)");
  }
  const auto tag = envelope.ciphertext.end() - static_cast<ptrdiff_t>(kTagSize);
  envelope.tag.assign(tag, envelope.ciphertext.end());
  envelope.ciphertext.erase(tag, envelope.ciphertext.end());
  return envelope;
}

}  // namespace attestd::kbs
