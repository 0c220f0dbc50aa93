// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_RESOURCE_SERVICE_H_
#define ATTESTD_AGENT_RESOURCE_SERVICE_H_

#include <functional>

#include "agent/broker_set.h"
#include "agent/call.h"
#include "base/method.h"
#include "kbs_client/resource_uri.h"
#include "unseal/secrets.h"

namespace attestd::agent {

inline constexpr char kResourceService[] = "api.GetResourceService";

// api.GetResourceService, and getresource.GetResourceService of guest-components before v0.10. The
// reply is built around the Secret itself instead of a protobuf string.
class ResourceService {
 public:
  ResourceService(CallRunner& calls, unseal::Secrets& secrets, const CurrentBrokers& brokers)
      : calls_(calls), secrets_(secrets), brokers_(brokers) {}

  // Its methods live no longer than it.
  void AddTo(base::MethodTable& methods);

 private:
  // Which secret a request asks for.
  using Decode = std::function<absl::StatusOr<kbs::ResourceUri>(base::ByteView)>;
  base::Method Get(Decode decode);

  CallRunner& calls_;
  unseal::Secrets& secrets_;
  const CurrentBrokers& brokers_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_RESOURCE_SERVICE_H_
