// SPDX-License-Identifier: Apache-2.0
#include "agent/sealed_service.h"

#include <string>
#include <utility>

#include "agent/secret_reply.h"
#include "base/message_field.h"

namespace attestd::agent {
namespace {

unseal::UnsealPolicy PolicyOf(const UnsealConfig& config) {
  using Signature = unseal::UnsealPolicy::Signature;
  return {.signature = config.skip_signatures ? Signature::kSkip : Signature::kRequired,
          .key_folder = config.key_folder,
          .signers = config.signers};
}

}  // namespace

SealedService::SealedService(CallRunner& calls, unseal::Secrets& secrets, const Options& options)
    : calls_(calls),
      unsealer_(PolicyOf(options.unseal), secrets),
      key_provider_({.key_folder = options.key_provider.key_folder}, secrets),
      wraps_(options.key_provider.wrap) {}

void SealedService::AddTo(base::MethodTable& methods) {
  methods["/api.SealedSecretService/UnsealSecret"] = MakeMethod(
      "UnsealSecret",
      [this](base::ByteView sealed, const base::CallContext& caller,
             const unseal::Secrets::Done& done) { unsealer_.UnsealSecret(sealed, caller, done); });
  methods["/keyprovider.KeyProviderService/UnWrapKey"] = MakeMethod(
      "UnWrapKey",
      [this](base::ByteView input, const base::CallContext& caller,
             const unseal::Secrets::Done& done) { key_provider_.UnWrapKey(input, caller, done); });
  if (!wraps_) {
    return;
  }
  methods["/keyprovider.KeyProviderService/WrapKey"] =
      MakeMethod("WrapKey", [this](base::ByteView input, const base::CallContext& caller,
                                   const unseal::Secrets::Done& done) {
        absl::StatusOr<base::Secret> copy = base::Secret::Copy(input);
        if (copy.ok()) {
          key_provider_.WrapKey(*std::move(copy), caller, done);
        } else {
          done(copy.status());
        }
      });
}

base::Method SealedService::MakeMethod(std::string_view name, Work work) {
  return [this, name, work = std::move(work)](base::ByteView request,
                                              const base::CallContext& asked, base::Done asker) {
    calls_.Start(
        {.name = name, .caller = asked, .done = std::move(asker)},
        [&](const base::CallContext& caller, const base::Done& done) {
          const absl::StatusOr<base::ByteView> field = base::FieldOne(request);
          if (!field.ok()) {
            done(field.status());
            return;
          }
          work(*field, caller, [done](const unseal::Secrets::Result& secret) {
            done(secret.ok() ? absl::StatusOr<base::Reply>(SecretReply(*secret)) : secret.status());
          });
        });
  };
}

}  // namespace attestd::agent
