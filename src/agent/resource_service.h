// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_RESOURCE_SERVICE_H_
#define ATTESTD_AGENT_RESOURCE_SERVICE_H_

#include "agent/broker_set.h"
#include "agent/call.h"
#include "proto/confidential_data_hub.grpc.pb.h"

namespace attestd::agent {

// api.GetResourceService over gRPC. The method is raw, so that the reply is built around the
// Secret itself instead of a protobuf string.
class ResourceService final : public api::GetResourceService::WithRawCallbackMethod_GetResource<
                                  api::GetResourceService::Service> {
 public:
  ResourceService(CallRunner& calls, const BrokerSet& brokers) : calls_(calls), brokers_(brokers) {}

  grpc::ServerUnaryReactor* GetResource(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;

 private:
  CallRunner& calls_;
  const BrokerSet& brokers_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_RESOURCE_SERVICE_H_
