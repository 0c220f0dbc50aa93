// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_RESOURCE_SERVICE_H_
#define ATTESTD_AGENT_RESOURCE_SERVICE_H_

#include "agent/call.h"
#include "agent/resource_flights.h"
#include "base/method.h"

namespace attestd::agent {

inline constexpr char kResourceService[] = "api.GetResourceService";

// api.GetResourceService. The reply is built around the Secret itself instead of a protobuf string.
class ResourceService {
 public:
  ResourceService(CallRunner& calls, ResourceFlights& flights) : calls_(calls), flights_(flights) {}

  // Its methods live no longer than it.
  void AddTo(base::MethodTable& methods);

 private:
  void GetResource(base::ByteView request, Call call);

  CallRunner& calls_;
  ResourceFlights& flights_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_RESOURCE_SERVICE_H_
