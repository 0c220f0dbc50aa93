// SPDX-License-Identifier: Apache-2.0
#include "agent/sealed_service.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <string>
#include <utility>

#include "agent/secret_reply.h"

namespace attestd::agent {
namespace {

using google::protobuf::internal::WireFormatLite;

unseal::UnsealPolicy PolicyOf(const UnsealConfig& config) {
  using Signature = unseal::UnsealPolicy::Signature;
  return {.signature = config.skip_signatures ? Signature::kSkip : Signature::kRequired,
          .key_folder = config.key_folder,
          .signers = config.signers};
}

}  // namespace

absl::StatusOr<base::ByteView> FieldOne(base::ByteView message) {
  const absl::Status malformed =
      base::MakeStatus(absl::StatusCode::kInvalidArgument, "the request is no protobuf message");
  const uint32_t wanted = WireFormatLite::MakeTag(1, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  google::protobuf::io::CodedInputStream input(message.data(), static_cast<int>(message.size()));
  base::ByteView field;
  while (const uint32_t tag = input.ReadTag()) {
    if (tag != wanted) {
      if (!WireFormatLite::SkipField(&input, tag)) {
        return malformed;
      }
      continue;
    }
    uint32_t size = 0;
    if (!input.ReadVarint32(&size) || size > message.size()) {
      return malformed;
    }
    const auto begin = static_cast<size_t>(input.CurrentPosition());
    if (!input.Skip(static_cast<int>(size))) {
      return malformed;
    }
    field = message.subspan(begin, size);
  }
  return input.ConsumedEntireMessage() ? absl::StatusOr<base::ByteView>(field) : malformed;
}

void SealedService::FromBrokers::Get(const kbs::ResourceUri& uri, const base::CallContext& caller,
                                     Done done) {
  flights_.Get(uri, caller, std::move(done));
}

SealedService::SealedService(CallRunner& calls, ResourceFlights& flights, const Options& options)
    : calls_(calls),
      secrets_(flights),
      unsealer_(PolicyOf(options.unseal), secrets_),
      key_provider_({.key_folder = options.key_provider.key_folder}, secrets_),
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
          const absl::StatusOr<base::ByteView> field = FieldOne(request);
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
