// SPDX-License-Identifier: Apache-2.0
#include "unseal/wrapped.h"

#include <cstddef>
#include <string>
#include <utility>

#include "base/aes256.h"
#include "base/random.h"

namespace attestd::unseal {
namespace {

size_t IvSize(WrapType type) {
  return type == WrapType::kA256Gcm ? base::kGcmIvSize : base::kCtrIvSize;
}

absl::Status CheckKey(base::ByteView key) {
  if (key.size() != base::kAes256KeySize) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kKeyUnfit,
                            "expected a key of 32 bytes, found " + std::to_string(key.size()) +
                                "; store the bytes themselves, in no encoding");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<WrapType> ParseWrapType(std::string_view name) {
  if (name == "A256GCM") {
    return WrapType::kA256Gcm;
  }
  if (name == "A256CTR") {
    return WrapType::kA256Ctr;
  }
  return BadPacket("another cipher; expected A256GCM or A256CTR");
}

std::string_view WrapTypeName(WrapType type) {
  return type == WrapType::kA256Gcm ? "A256GCM" : "A256CTR";
}

absl::Status CheckLengths(const Wrapped& wrapped) {
  const size_t size = IvSize(wrapped.type);
  if (wrapped.iv.size() != size) {
    return BadPacket(std::string(WrapTypeName(wrapped.type)) + ": expected an IV of " +
                     std::to_string(size) + " bytes, found " + std::to_string(wrapped.iv.size()));
  }
  if (wrapped.type == WrapType::kA256Gcm && wrapped.data.size() < base::kGcmTagSize) {
    return BadPacket("A256GCM: expected the tag of 16 bytes behind the ciphertext, found " +
                     std::to_string(wrapped.data.size()) + " bytes in all");
  }
  return absl::OkStatus();
}

absl::StatusOr<base::Secret> Unwrap(const Wrapped& wrapped, base::ByteView key) {
  RETURN_IF_ERROR(CheckKey(key));
  RETURN_IF_ERROR(CheckLengths(wrapped));
  const base::ByteView data = wrapped.data;
  if (wrapped.type == WrapType::kA256Ctr) {
    return base::DecryptAes256Ctr(key, wrapped.iv, data);
  }
  const size_t split = data.size() - base::kGcmTagSize;
  absl::StatusOr<base::Secret> plaintext = base::DecryptAes256Gcm(
      key, {.iv = wrapped.iv, .ciphertext = data.first(split), .tag = data.subspan(split)});
  return absl::IsUnauthenticated(plaintext.status()) ? DoesNotDecrypt() : std::move(plaintext);
}

absl::StatusOr<Wrapped> Wrap(WrapType type, base::ByteView key, base::ByteView plaintext) {
  RETURN_IF_ERROR(CheckKey(key));
  Wrapped wrapped{.type = type, .iv = {}, .data = {}};
  ASSIGN_OR_RETURN(wrapped.iv, base::RandomBytes(IvSize(type)));
  const auto encrypt = type == WrapType::kA256Gcm ? base::EncryptAes256Gcm : base::EncryptAes256Ctr;
  ASSIGN_OR_RETURN(wrapped.data, encrypt(key, wrapped.iv, plaintext));
  return wrapped;
}

absl::Status DoesNotDecrypt() {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kDoesNotDecrypt,
                          "it does not decrypt: it was made with another key, or changed since; "
                          "make it anew with this key");
}

absl::Status BadPacket(std::string_view message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kBadPacket, message);
}

}  // namespace attestd::unseal
