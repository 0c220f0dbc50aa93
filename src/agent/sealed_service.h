// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SEALED_SERVICE_H_
#define ATTESTD_AGENT_SEALED_SERVICE_H_

#include <string_view>

#include "agent/call.h"
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
  // `secrets` outlives it.
  SealedService(CallRunner& calls, unseal::Secrets& secrets, const Options& options);

  // Its methods live no longer than it. WrapKey is there when the configuration says so.
  void AddTo(base::MethodTable& methods);

  // For others who take sealed keys.
  const unseal::Unsealer& unsealer() const { return unsealer_; }

 private:
  // Takes field 1 of the request and gives field 1 of the reply.
  using Work =
      std::function<void(base::ByteView field, const base::CallContext&, unseal::Secrets::Done)>;
  base::Method MakeMethod(std::string_view name, Work work);

  CallRunner& calls_;
  const unseal::Unsealer unsealer_;
  const keyprovider::KeyProvider key_provider_;
  const bool wraps_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SEALED_SERVICE_H_
