// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_ADMIN_SERVICE_H_
#define ATTESTD_AGENT_ADMIN_SERVICE_H_

#include <functional>
#include <utility>

#include "agent/call.h"
#include "agent/current_policy.h"
#include "base/method.h"

namespace attestd::agent {

// attestd.v1.AdminService: what `attestctl reload` and `attestctl policy` ask for.
class AdminService {
 public:
  // `policy` outlives it.
  AdminService(CallRunner& calls, const CurrentPolicy& policy, std::function<absl::Status()> reload)
      : calls_(calls), policy_(policy), reload_(std::move(reload)) {}

  // Its methods live no longer than it.
  void AddTo(base::MethodTable& methods);

 private:
  CallRunner& calls_;
  const CurrentPolicy& policy_;
  const std::function<absl::Status()> reload_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_ADMIN_SERVICE_H_
