// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SEALED_SERVICE_H_
#define ATTESTD_AGENT_SEALED_SERVICE_H_

#include <string_view>

#include "agent/call.h"
#include "agent/resource_flights.h"
#include "agent/unseal_config.h"
#include "base/method.h"
#include "keyprovider/key_provider.h"
#include "unseal/unsealer.h"

namespace attestd::agent {

// api.SealedSecretService and keyprovider.KeyProviderService. What callers send may hold keys, and
// what they get is built around a Secret; neither becomes a protobuf message.
class SealedService {
 public:
  struct Options {
    UnsealConfig unseal;
    KeyProviderConfig key_provider;
  };
  SealedService(CallRunner& calls, ResourceFlights& flights, const Options& options);

  // Its methods live no longer than it. WrapKey is there when the configuration says so.
  void AddTo(base::MethodTable& methods);

  // For others who take keys by name, or sealed.
  unseal::Secrets& secrets() { return secrets_; }
  const unseal::Unsealer& unsealer() const { return unsealer_; }

 private:
  // Keys and secrets from the brokers, as for any caller.
  class FromBrokers : public unseal::Secrets {
   public:
    explicit FromBrokers(ResourceFlights& flights) : flights_(flights) {}
    void Get(const kbs::ResourceUri& uri, const base::CallContext& caller, Done done) override;

   private:
    ResourceFlights& flights_;
  };
  // Takes field 1 of the request and gives field 1 of the reply.
  using Work =
      std::function<void(base::ByteView field, const base::CallContext&, unseal::Secrets::Done)>;
  base::Method MakeMethod(std::string_view name, Work work);

  CallRunner& calls_;
  FromBrokers secrets_;
  const unseal::Unsealer unsealer_;
  const keyprovider::KeyProvider key_provider_;
  const bool wraps_;
};

// Field 1 of a protobuf message, bytes; empty when it is absent. InvalidArgument when the message
// is malformed. Points into the message.
absl::StatusOr<base::ByteView> FieldOne(base::ByteView message);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SEALED_SERVICE_H_
