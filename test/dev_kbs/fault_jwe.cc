// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/fault_jwe.h"

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

// JSON where the argument is, else the text itself.
base::Json Value(const std::string& arg) {
  absl::StatusOr<base::Json> json = base::ParseJson(arg);
  return json.ok() ? *std::move(json) : base::Json(arg);
}

bool IsLegacy(const base::Json& jwe) {
  return jwe["protected"].get_ref<const std::string&>().starts_with('{');
}

void WriteHeader(base::Json& jwe, const std::string& header) {
  jwe["protected"] = IsLegacy(jwe) ? header : base::Base64UrlEncode(base::AsBytes(header));
}

// The header as another text, and what it authenticates: a JWE in which nothing is wrong but the
// header. The legacy form authenticates none.
absl::Status WithHeader(base::Json& jwe, const std::string& header, const base::Bytes& key) {
  constexpr std::string_view kPlaintext = "spoilt by a fault";
  WriteHeader(jwe, header);
  if (IsLegacy(jwe)) {
    return absl::OkStatus();
  }
  const auto& aad = jwe["protected"].get_ref<const std::string&>();
  ASSIGN_OR_RETURN(const SealedBytes sealed,
                   SealBytes(key, base::AsBytes(aad), base::AsBytes(kPlaintext)));
  jwe["iv"] = base::Base64UrlEncode(sealed.iv);
  jwe["ciphertext"] = base::Base64UrlEncode(sealed.ciphertext);
  jwe["tag"] = base::Base64UrlEncode(sealed.tag);
  return absl::OkStatus();
}

// Wraps a new content key for the TEE; its header is not written yet.
absl::StatusOr<base::Json> NewHeader(base::Json& jwe, const base::Json& tee_pubkey,
                                     const base::Bytes& key) {
  ASSIGN_OR_RETURN(base::Json header, ReadHeader(jwe));
  if (IsLegacy(jwe)) {
    return header;
  }
  ASSIGN_OR_RETURN(WrappedBytes wrapped, WrapKey(tee_pubkey, key));
  if (!wrapped.epk.is_null()) {
    header["epk"] = std::move(wrapped.epk);
  }
  jwe["encrypted_key"] = base::Base64UrlEncode(wrapped.bytes);
  return header;
}

// The text of jwe-protected; '@' in it stands for the members of the honest header.
std::string Expanded(const std::string& text, const base::Json& header) {
  const std::string honest = header.dump();
  const size_t at = text.find('@');
  return at == std::string::npos
             ? text
             : text.substr(0, at) + honest.substr(1, honest.size() - 2) + text.substr(at + 1);
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

absl::Status PatchHeader(const Fault& fault, base::Json& jwe, const base::Json& tee_pubkey) {
  constexpr size_t kKeySize = 32;
  ASSIGN_OR_RETURN(const base::Bytes key, RandomBytes(kKeySize));
  ASSIGN_OR_RETURN(base::Json header, NewHeader(jwe, tee_pubkey, key));
  if (fault.word == "jwe-protected") {
    return WithHeader(jwe, Expanded(fault.args[0], header), key);
  }
  if (fault.word == "jwe-header") {
    header[fault.args[0]] = Value(fault.args[1]);
  } else if (header.contains("epk")) {
    ASSIGN_OR_RETURN(header["epk"], BadEpk(header["epk"], fault.args[0]));
  } else {
    return Unfit("the header has no epk");
  }
  return WithHeader(jwe, header.dump(), key);
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

// A JWE whose wrapped key unwraps to 16 bytes, half of what A256GCM takes.
absl::Status WrapHalfKey(base::Json& jwe, const base::Json& tee_pubkey) {
  constexpr size_t kHalfKey = 16;
  ASSIGN_OR_RETURN(const base::Bytes key, RandomBytes(kHalfKey));
  ASSIGN_OR_RETURN(WrappedBytes wrapped, WrapKey(tee_pubkey, key));
  ASSIGN_OR_RETURN(base::Json header, ReadHeader(jwe));
  if (!wrapped.epk.is_null()) {
    header["epk"] = std::move(wrapped.epk);
  }
  WriteHeader(jwe, header.dump());
  jwe["encrypted_key"] = base::Base64UrlEncode(wrapped.bytes);
  return absl::OkStatus();
}

absl::Status SetWrap(const Fault& fault, base::Json& jwe, const base::Json& tee_pubkey) {
  if (fault.args[0] == "cek-length") {
    return WrapHalfKey(jwe, tee_pubkey);
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
  if (fault.word == "jwe-set") {
    return SetMember(fault, jwe);
  }
  if (fault.word == "jwe-flip") {
    return Flip(fault, jwe);
  }
  if (fault.word == "jwe-wrap") {
    return SetWrap(fault, jwe, tee_pubkey);
  }
  return PatchHeader(fault, jwe, tee_pubkey);
}

}  // namespace

absl::StatusOr<std::string> WithJweFault(const Fault& fault, const std::string& jwe,
                                         const base::Json& tee_pubkey) {
  if (tee_pubkey.is_null()) {
    return Unfit("the answer is no JWE");
  }
  ASSIGN_OR_RETURN(base::Json json, base::ParseJson(jwe));
  if (fault.word == "jwe-other-key") {
    return ForOtherKey(tee_pubkey, IsLegacy(json));
  }
  RETURN_IF_ERROR(Apply(fault, json, tee_pubkey));
  return base::DumpJson(json);
}

}  // namespace attestd::dev_kbs
