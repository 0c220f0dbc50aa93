// SPDX-License-Identifier: Apache-2.0
// Sealed secrets, and an input as payload, as header and as signing key: each alone, since Base64
// hides them from the fuzzer.
// Covers: src/unseal/sealed_secret.cc src/unseal/verification_key.cc src/unseal/wrapped.cc
// Covers: src/unseal/secrets.cc
#include <variant>

#include "base/encoding.h"
#include "fuzz/fuzz_target.h"
#include "unseal/sealed_secret.h"
#include "unseal/secrets.h"
#include "unseal/verification_key.h"

namespace base = attestd::base;
namespace unseal = attestd::unseal;
using base::Reason;

namespace {

void UseContent(const absl::StatusOr<unseal::SealedContent>& content) {
  if (!content.ok()) {
    const auto reason = base::GetReason(content.status());
    FUZZ_CHECK(reason == Reason::kBadPacket || reason == Reason::kBadUri);
    return;
  }
  if (const auto* vault = std::get_if<unseal::VaultSecret>(&*content); vault != nullptr) {
    FUZZ_CHECK(unseal::Shown(vault->name).find('?') == std::string::npos);
    return;
  }
  const auto& envelope = std::get<unseal::EnvelopeSecret>(*content);
  const base::Bytes key(32, 1);
  FUZZ_CHECK(envelope.key.type == unseal::WrapType::kA256Gcm);
  for (const unseal::Wrapped& wrapped : {envelope.key, envelope.data}) {
    const auto plaintext = unseal::Unwrap(wrapped, key);
    FUZZ_CHECK(plaintext.ok() || plaintext.status() == unseal::DoesNotDecrypt());
    FUZZ_CHECK(plaintext.ok() == (wrapped.type == unseal::WrapType::kA256Ctr));
    FUZZ_CHECK(base::GetReason(unseal::Unwrap(wrapped, {}).status()) == Reason::kKeyUnfit);
  }
}

void UseSignature(const absl::StatusOr<unseal::SealSignature>& signature) {
  if (signature.ok()) {
    FUZZ_CHECK(signature->signature.size() == 64 && !signature->key_id.empty());
  } else {
    FUZZ_CHECK(base::GetReason(signature.status()) == Reason::kSignatureRefused);
  }
}

void UseText(std::string_view text) {
  const auto parts = unseal::SplitSealed(text);
  if (!parts.ok()) {
    FUZZ_CHECK(base::GetReason(parts.status()) == Reason::kBadPacket);
    return;
  }
  FUZZ_CHECK(parts->signed_text.size() == parts->header.size() + 1 + parts->payload.size());
  FUZZ_CHECK(text.starts_with("sealed." + std::string(parts->signed_text) + "."));
  UseSignature(unseal::ParseSealSignature(*parts));
  UseContent(unseal::ParseSealedContent(parts->payload));
}

void UseKey(base::ByteView jwk) {
  const auto key = unseal::ParseVerificationKey(jwk);
  FUZZ_CHECK(key.ok() ? key->bits() == 256 : base::GetReason(key.status()) == Reason::kKeyUnfit);
}

}  // namespace

FUZZ_TARGET(input) {
  const std::string_view text = base::AsText(input);
  UseText(text);
  UseKey(input);
  const std::string part = base::Base64UrlEncode(input);
  const std::string signature = base::Base64UrlEncode(base::Bytes(64, 1));
  UseContent(unseal::ParseSealedContent(part));
  UseSignature(unseal::ParseSealSignature(
      {.header = part, .payload = {}, .signature = signature, .signed_text = part}));
}
