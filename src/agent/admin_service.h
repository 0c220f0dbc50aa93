// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_ADMIN_SERVICE_H_
#define ATTESTD_AGENT_ADMIN_SERVICE_H_

#include <functional>
#include <utility>

#include "agent/call.h"
#include "proto/attestd.grpc.pb.h"

namespace attestd::agent {

// attestd.v1.AdminService: what `attestctl reload` asks for.
class AdminService final : public attestd::v1::AdminService::CallbackService {
 public:
  AdminService(CallRunner& calls, std::function<absl::Status()> reload)
      : calls_(calls), reload_(std::move(reload)) {}

  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context,
                                   const attestd::v1::ReloadRequest* /*request*/,
                                   attestd::v1::ReloadResponse* /*response*/) override {
    return calls_.Run(context, "Reload",
                      [this](const base::CallContext& /*caller*/) { return reload_(); });
  }

 private:
  CallRunner& calls_;
  const std::function<absl::Status()> reload_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_ADMIN_SERVICE_H_
