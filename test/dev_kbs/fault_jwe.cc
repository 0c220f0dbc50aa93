// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/fault_jwe.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "base/secret.h"
#include "test/dev_kbs/ec_key.h"
#include "test/dev_kbs/fault_key.h"
#include "test/dev_kbs/jwe_encrypt.h"

namespace attestd::dev_kbs {
namespace {

absl::Status Unfit(std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, why);
}

// The legacy form has the header as it is, RFC 7516 as base64url.
absl::StatusOr<base::Json> ReadHeader(const base::Json& jwe) {
  ASSIGN_OR_RETURN(const std::string text, base::GetString(jwe, "protected"));
  if (text.starts_with('{')) {
    return base::ParseJson(text);
  }
  ASSIGN_OR_RETURN(const base::Bytes bytes, base::Base64UrlDecode(text));
  return base::ParseJson(base::AsText(bytes));
}

void WriteHeader(base::Json& jwe, const std::string& header) {
  const bool plain = jwe["protected"].get_ref<const std::string&>().starts_with('{');
  jwe["protected"] = plain ? header : base::Base64UrlEncode(base::AsBytes(header));
}

// JSON where the argument is, else the text itself.
base::Json Value(const std::string& arg) {
  absl::StatusOr<base::Json> json = base::ParseJson(arg);
  return json.ok() ? *std::move(json) : base::Json(arg);
}

absl::Status SetHeader(const Fault& fault, base::Json& jwe) {
  ASSIGN_OR_RETURN(base::Json header, ReadHeader(jwe));
  header[fault.args[0]] = Value(fault.args[1]);
  WriteHeader(jwe, header.dump());
  return absl::OkStatus();
}

absl::Status SetProtected(const Fault& fault, base::Json& jwe) {
  RETURN_IF_ERROR(ReadHeader(jwe).status());
  WriteHeader(jwe, fault.args[0]);
  return absl::OkStatus();
}

absl::Status SetMember(const Fault& fault, base::Json& jwe) {
  jwe[fault.args[0]] = Value(fault.args[1]);
  return absl::OkStatus();
}

absl::Status FlipBit(base::Json& jwe, const std::string& member, uint64_t bit) {
  ASSIGN_OR_RETURN(base::Bytes bytes, base::GetBase64Url(jwe, member));
  if (bit / 8 >= bytes.size()) {
    return Unfit("the member has no such bit");
  }
  bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
  jwe[member] = base::Base64UrlEncode(bytes);
  return absl::OkStatus();
}

absl::Status Flip(const Fault& fault, base::Json& jwe) {
  return FlipBit(jwe, fault.args[0], static_cast<uint64_t>(fault.Number(1)));
}

// The ephemeral key of an ECDH header, made wrong.
absl::StatusOr<base::Json> BadEpk(base::Json epk, std::string_view kind) {
  ASSIGN_OR_RETURN(base::Bytes x, base::GetBase64Url(epk, "x"));
  ASSIGN_OR_RETURN(base::Bytes y, base::GetBase64Url(epk, "y"));
  if (kind == "other-curve") {
    constexpr Curve kP384 = {"P-384", 48};
    ASSIGN_OR_RETURN(const KeyHandle key, GenerateEcKey(kP384));
    return PublicEcJwk(kP384, *key);
  }
  if (kind == "off-curve") {
    y.back() ^= 1;
  } else if (kind == "infinity") {  // has no coordinates: zeros stand for it
    x.assign(x.size(), 0);
    y.assign(y.size(), 0);
  } else if (kind == "x-ge-p") {
    x.assign(x.size(), 0xff);
  } else if (kind == "wrong-length") {
    x.erase(x.begin());
  } else {
    epk["d"] = epk["x"];
  }
  epk["x"] = base::Base64UrlEncode(x);
  epk["y"] = base::Base64UrlEncode(y);
  return epk;
}

absl::Status SetEpk(const Fault& fault, base::Json& jwe) {
  ASSIGN_OR_RETURN(base::Json header, ReadHeader(jwe));
  if (!header.contains("epk")) {
    return Unfit("the header has no epk");
  }
  ASSIGN_OR_RETURN(header["epk"], BadEpk(header["epk"], fault.args[0]));
  WriteHeader(jwe, header.dump());
  return absl::OkStatus();
}

// A JWE whose wrapped key unwraps to 16 bytes, half of what A256GCM takes.
absl::Status WrapShortKey(base::Json& jwe, const base::Json& tee_pubkey) {
  ASSIGN_OR_RETURN(base::Json header, ReadHeader(jwe));
  ASSIGN_OR_RETURN(WrappedBytes wrapped, WrapHalfKey(tee_pubkey));
  if (!wrapped.epk.is_null()) {
    header["epk"] = std::move(wrapped.epk);
  }
  WriteHeader(jwe, header.dump());
  jwe["encrypted_key"] = base::Base64UrlEncode(wrapped.bytes);
  return absl::OkStatus();
}

absl::Status SetWrap(const Fault& fault, base::Json& jwe, const base::Json& tee_pubkey) {
  if (fault.args[0] == "cek-length") {
    return WrapShortKey(jwe, tee_pubkey);
  }
  if (fault.args[0] == "flip") {
    return FlipBit(jwe, "encrypted_key", 0);
  }
  constexpr size_t kShort = 7;  // less than one block of RFC 3394
  ASSIGN_OR_RETURN(base::Bytes bytes, base::GetBase64Url(jwe, "encrypted_key"));
  bytes.resize(kShort);
  jwe["encrypted_key"] = base::Base64UrlEncode(bytes);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ForOtherKey(const base::Json& tee_pubkey, bool legacy) {
  ASSIGN_OR_RETURN(const base::Json other, AnotherKeyLike(tee_pubkey));
  ASSIGN_OR_RETURN(const base::Secret text, base::Secret::Copy(base::AsBytes("not for this TEE")));
  return legacy ? EncryptToTee(other, text, JweForm::kLegacy) : EncryptToTee(other, text);
}

absl::Status Apply(const Fault& fault, base::Json& jwe, const base::Json& tee_pubkey) {
  using Patch = absl::Status (*)(const Fault& fault, base::Json& jwe);
  constexpr std::array<std::pair<std::string_view, Patch>, 5> kPatches = {
      {{"jwe-header", SetHeader},
       {"jwe-protected", SetProtected},
       {"jwe-set", SetMember},
       {"jwe-flip", Flip},
       {"jwe-epk", SetEpk}}};
  for (const auto& [word, patch] : kPatches) {
    if (word == fault.word) {
      return patch(fault, jwe);
    }
  }
  return SetWrap(fault, jwe, tee_pubkey);
}

}  // namespace

absl::StatusOr<std::string> WithJweFault(const Fault& fault, const std::string& jwe,
                                         const base::Json& tee_pubkey) {
  if (tee_pubkey.is_null()) {
    return Unfit("the answer is no JWE");
  }
  ASSIGN_OR_RETURN(base::Json json, base::ParseJson(jwe));
  if (fault.word == "jwe-other-key") {
    const bool legacy = json["protected"].get_ref<const std::string&>().starts_with('{');
    return ForOtherKey(tee_pubkey, legacy);
  }
  RETURN_IF_ERROR(Apply(fault, json, tee_pubkey));
  return base::DumpJson(json);
}

}  // namespace attestd::dev_kbs
