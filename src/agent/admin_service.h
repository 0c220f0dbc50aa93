// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_ADMIN_SERVICE_H_
#define ATTESTD_AGENT_ADMIN_SERVICE_H_

#include <functional>
#include <utility>

#include "agent/call.h"
#include "base/method.h"

namespace attestd::agent {

// attestd.v1.AdminService: what `attestctl reload` asks for.
class AdminService {
 public:
  AdminService(CallRunner& calls, std::function<absl::Status()> reload)
      : calls_(calls), reload_(std::move(reload)) {}

  // Its methods live no longer than it.
  void AddTo(base::MethodTable& methods);

 private:
  CallRunner& calls_;
  const std::function<absl::Status()> reload_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_ADMIN_SERVICE_H_
