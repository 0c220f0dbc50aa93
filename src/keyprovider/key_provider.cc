// SPDX-License-Identifier: Apache-2.0
#include "keyprovider/key_provider.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "base/file.h"
#include "base/json_scan.h"
#include "keyprovider/annotation_packet.h"
#include "unseal/wrapped.h"

namespace attestd::keyprovider {
namespace {

using unseal::Secrets;

constexpr size_t kMaxKeyFile = 4096;

Secrets::Result Shared(absl::StatusOr<base::Secret> secret) {
  RETURN_IF_ERROR(secret.status());
  return std::make_shared<const base::Secret>(*std::move(secret));
}

// The options of a layer are a JSON object. Under A256CTR nothing else shows another key, a change,
// or a packet of A256GCM that is passed off as one of A256CTR: there the tag follows the object.
bool AreOptions(const base::Secret& plaintext) {
  return base::ScanObject(base::AsText(plaintext.view())).ok();
}

Secrets::Result UnwrapOptions(const unseal::Wrapped& options, base::ByteView key) {
  ASSIGN_OR_RETURN(const base::Secret plaintext, unseal::Unwrap(options, key));
  if (options.type == unseal::WrapType::kA256Ctr && !AreOptions(plaintext)) {
    return unseal::DoesNotDecrypt();
  }
  return Shared(WriteUnwrapOutput(plaintext.view()));
}

Secrets::Result WrapOptions(const WrapInput& input, base::ByteView key) {
  const WrapParameters& parameters = input.parameters;
  if (parameters.type == unseal::WrapType::kA256Ctr && !AreOptions(input.options)) {
    return unseal::BadPacket("expected a JSON object in \"optsdata\"; A256GCM takes other bytes");
  }
  ASSIGN_OR_RETURN(const unseal::Wrapped wrapped,
                   unseal::Wrap(parameters.type, key, input.options.view()));
  ASSIGN_OR_RETURN(const std::string packet, WriteAnnotationPacket(parameters.key_id, wrapped));
  return Shared(WriteWrapOutput(packet));
}

}  // namespace

KeyProvider::KeyProvider(KeyProviderPolicy policy, Secrets& secrets)
    : policy_(std::move(policy)), secrets_(secrets) {}

void KeyProvider::UnWrapKey(base::ByteView input, const base::CallContext& caller,
                            const Done& done) const {
  const auto annotation = ParseUnwrapInput(base::AsText(input));
  const auto packet = annotation.ok() ? ParseAnnotationPacket(base::AsText(*annotation))
                                      : absl::StatusOr<AnnotationPacket>(annotation.status());
  if (!packet.ok()) {
    done(base::Annotate(packet.status(), "unwrap key"));
    return;
  }
  secrets_.Get(packet->key_id, caller, [packet = *packet, done](const Secrets::Result& key) {
    const Secrets::Result output = key.ok() ? UnwrapOptions(packet.options, (*key)->view()) : key;
    done(output.ok()
             ? output
             : base::Annotate(output.status(), "unwrap key: key " + unseal::Shown(packet.key_id)));
  });
}

void KeyProvider::WrapKey(base::Secret input, const base::CallContext& caller,
                          const Done& done) const {
  auto parsed = ParseWrapInput(base::AsText(input.view()));
  input = base::Secret();
  if (!parsed.ok()) {
    done(base::Annotate(parsed.status(), "wrap key"));
    return;
  }
  // Shared, as a callback has to be copyable and a Secret is not.
  const auto request = std::make_shared<const WrapInput>(*std::move(parsed));
  const auto wrap = [request, done](const Secrets::Result& key) {
    const Secrets::Result output = key.ok() ? WrapOptions(*request, (*key)->view()) : key;
    done(output.ok() ? output
                     : base::Annotate(output.status(),
                                      "wrap key: key " + unseal::Shown(request->parameters.uri)));
  };
  if (request->parameters.key_path.has_value()) {
    wrap(ReadKeyFile(*request->parameters.key_path));
  } else {
    secrets_.Get(request->parameters.uri, caller, wrap);
  }
}

Secrets::Result KeyProvider::ReadKeyFile(const std::string& path) const {
  if (policy_.key_folder.empty()) {
    return unseal::BadPacket(
        "\"keypath\" names a file, and no folder of keys is configured; leave it out to have the "
        "key fetched");
  }
  auto key = base::ReadSecretFileBelow(policy_.key_folder, path, kMaxKeyFile);
  if (!key.ok()) {
    const auto cause = key.status().message();
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kKeyUnfit,
                            {cause.data(), cause.size()});
  }
  return Shared(std::move(key));
}

}  // namespace attestd::keyprovider
