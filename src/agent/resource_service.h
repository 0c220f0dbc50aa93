// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_RESOURCE_SERVICE_H_
#define ATTESTD_AGENT_RESOURCE_SERVICE_H_

#include "agent/call.h"
#include "agent/resource_flights.h"
#include "proto/confidential_data_hub.grpc.pb.h"

namespace attestd::agent {

// api.GetResourceService over gRPC. The method is raw, so that the reply is built around the
// Secret itself instead of a protobuf string.
class ResourceService final : public api::GetResourceService::WithRawCallbackMethod_GetResource<
                                  api::GetResourceService::Service> {
 public:
  ResourceService(CallRunner& calls, ResourceFlights& flights) : calls_(calls), flights_(flights) {}

  grpc::ServerUnaryReactor* GetResource(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;

 private:
  CallRunner& calls_;
  ResourceFlights& flights_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_RESOURCE_SERVICE_H_
