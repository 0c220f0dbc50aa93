// SPDX-License-Identifier: Apache-2.0
#include "unseal/unsealer.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include "base/file.h"
#include "unseal/sealed_secret.h"
#include "unseal/verification_key.h"
#include "unseal/wrapped.h"

namespace attestd::unseal {

// Never changes, so that any thread may go on with it.
struct Unsealer::Call {
  SealedContent content;
  std::optional<SealSignature> signature;  // when it is required
  std::string signed_text;
  base::CallContext caller;
  Done done;
};

namespace {

constexpr size_t kMaxKeyFile = size_t{16} << 10;

absl::Status Denied(std::string_view message) {
  return base::MakeStatus(absl::StatusCode::kPermissionDenied, base::Reason::kSignatureRefused,
                          "sealed secret: " + std::string(message));
}

bool IsUri(std::string_view key_id) {
  return key_id.starts_with("kbs://") || key_id.starts_with("kbs+");
}

absl::Status VerifySignature(const SealSignature& signature, std::string_view signed_text,
                             base::ByteView jwk) {
  ASSIGN_OR_RETURN(const base::PublicKey key, ParseVerificationKey(jwk));
  if (!key.VerifyEcdsa(base::HashAlgorithm::kSha256, base::AsBytes(signed_text),
                       signature.signature)
           .ok()) {
    return Denied("the signature does not verify: another key signed it, or it was changed since");
  }
  return absl::OkStatus();
}

// The secret of an envelope, with the key that `key_id` names.
Secrets::Result OpenEnvelope(const EnvelopeSecret& envelope, base::ByteView key) {
  const auto data_key = Unwrap(envelope.key, key);
  if (!data_key.ok()) {
    return base::Annotate(data_key.status(), "\"encrypted_key\"");
  }
  auto plaintext = Unwrap(envelope.data, data_key->view());
  if (!plaintext.ok()) {
    return base::Annotate(plaintext.status(), "\"encrypted_data\"");
  }
  return std::make_shared<const base::Secret>(*std::move(plaintext));
}

}  // namespace

Unsealer::Unsealer(UnsealPolicy policy, Secrets& secrets)
    : policy_(std::move(policy)), secrets_(secrets) {}

void Unsealer::UnsealSecret(base::ByteView sealed, const base::CallContext& caller,
                            const Done& done) const {
  const absl::StatusOr<CallRef> call = Begin(sealed, caller, done);
  if (!call.ok()) {
    done(call.status());
  } else if ((*call)->signature.has_value()) {
    Verify(*call);
  } else {
    Open(*call);
  }
}

absl::StatusOr<Unsealer::CallRef> Unsealer::Begin(base::ByteView sealed,
                                                  const base::CallContext& caller,
                                                  Done done) const {
  ASSIGN_OR_RETURN(const SealedParts parts, SplitSealed(base::AsText(sealed)));
  std::optional<SealSignature> signature;
  if (policy_.signature == UnsealPolicy::Signature::kRequired) {
    ASSIGN_OR_RETURN(signature, ParseSealSignature(parts));
    const auto& signers = policy_.signers;
    if (!signers.empty() &&
        std::find(signers.begin(), signers.end(), signature->key_id) == signers.end()) {
      return Denied("its \"kid\" is none of the signers that are configured");
    }
  }
  ASSIGN_OR_RETURN(SealedContent content, ParseSealedContent(parts.payload));
  const auto* envelope = std::get_if<EnvelopeSecret>(&content);
  if (envelope != nullptr && envelope->data.type == WrapType::kA256Ctr && !signature.has_value()) {
    return BadPacket(
        "sealed secret: A256CTR is opened only under a signature, as nothing else would show a "
        "change; encrypt with A256GCM");
  }
  return std::make_shared<const Call>(Call{.content = std::move(content),
                                           .signature = std::move(signature),
                                           .signed_text = std::string(parts.signed_text),
                                           .caller = caller,
                                           .done = std::move(done)});
}

void Unsealer::Verify(const CallRef& call) const {
  const std::string& key_id = call->signature->key_id;
  const auto check = [this, call](std::string_view shown, const Secrets::Result& key) {
    absl::Status status = key.status();
    if (status.ok()) {
      status = VerifySignature(*call->signature, call->signed_text, (*key)->view());
    }
    if (!status.ok()) {
      call->done(base::Annotate(status, "unseal: signing key " + std::string(shown)));
      return;
    }
    Open(call);
  };
  if (!IsUri(key_id)) {
    check("in a file", ReadKeyFile(key_id));
    return;
  }
  const auto uri = kbs::ResourceUri::Parse(key_id);
  if (!uri.ok()) {
    call->done(base::Annotate(uri.status(), R"(unseal: "kid")"));
    return;
  }
  secrets_.Get(*uri, call->caller,
               [check, shown = Shown(*uri)](const Secrets::Result& key) { check(shown, key); });
}

void Unsealer::Open(const CallRef& call) const {
  if (const auto* vault = std::get_if<VaultSecret>(&call->content); vault != nullptr) {
    secrets_.Get(
        vault->name, call->caller,
        [call, shown = Shown(vault->name)](const Secrets::Result& secret) {
          call->done(secret.ok() ? secret : base::Annotate(secret.status(), "unseal: " + shown));
        });
    return;
  }
  const auto& envelope = std::get<EnvelopeSecret>(call->content);
  secrets_.Get(envelope.key_id, call->caller, [call](const Secrets::Result& key) {
    const auto& content = std::get<EnvelopeSecret>(call->content);
    const Secrets::Result secret = key.ok() ? OpenEnvelope(content, (*key)->view()) : key;
    call->done(secret.ok() ? secret
                           : base::Annotate(secret.status(),
                                            "unseal: envelope, key " + Shown(content.key_id)));
  });
}

Secrets::Result Unsealer::ReadKeyFile(const std::string& name) const {
  if (policy_.key_folder.empty()) {
    return Denied("its \"kid\" is no KBS URI, and no folder of keys is configured");
  }
  auto key = base::ReadSecretFileBelow(policy_.key_folder, name, kMaxKeyFile);
  if (!key.ok()) {
    const auto cause = key.status().message();
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kKeyUnfit,
                            {cause.data(), cause.size()});
  }
  return std::make_shared<const base::Secret>(*std::move(key));
}

}  // namespace attestd::unseal
