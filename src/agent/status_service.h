// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_STATUS_SERVICE_H_
#define ATTESTD_AGENT_STATUS_SERVICE_H_

#include <string>

#include "agent/broker_set.h"
#include "agent/readiness.h"
#include "base/deadline.h"
#include "proto/attestd.grpc.pb.h"

namespace attestd::agent {

// attestd.v1.StatusService: what `attestctl status` shows.
class StatusService final : public attestd::v1::StatusService::CallbackService {
 public:
  struct Facts {
    std::string tee;
    bool sample = false;
  };
  StatusService(Facts facts, const BrokerSet& brokers, const Readiness& readiness);

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const attestd::v1::GetStatusRequest* request,
                                      attestd::v1::GetStatusResponse* response) override;

 private:
  const Facts facts_;
  const BrokerSet& brokers_;
  const Readiness& readiness_;
  const absl::Duration started_ = base::BootTime();
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_STATUS_SERVICE_H_
