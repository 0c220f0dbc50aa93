// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CALL_GATE_H_
#define ATTESTD_AGENT_CALL_GATE_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "agent/access_config.h"
#include "agent/audit.h"
#include "agent/current_policy.h"
#include "agent/token_bucket.h"
#include "base/caller.h"
#include "base/method.h"
#include "base/status.h"

namespace attestd::agent {

// What every call passes before its method: whether its caller may call that, and is not over what
// one principal may take up. What resources it may have is looked at where they are fetched.
class CallGate {
 public:
  // Both outlive it, and it the methods.
  CallGate(const CurrentPolicy& policy, const LimitsConfig& limits, Audit& audit)
      : policy_(policy), limits_(limits), audit_(audit) {}
  CallGate(const CallGate&) = delete;
  CallGate& operator=(const CallGate&) = delete;
  ~CallGate() = default;

  // The same methods behind the gate. PermissionDenied (kNotAllowed), ResourceExhausted
  // (kTooManyRequests, kBusy).
  base::MethodTable Guard(base::MethodTable methods);

 private:
  struct Account {
    TokenBucket bucket;
    size_t calls = 0;
    size_t bytes = 0;
  };
  // A call's share of its principal's account, until its reply is gone.
  class Ticket;
  using TicketRef = std::shared_ptr<Ticket>;

  void Enter(const std::string& path, const base::Method& method, base::ByteView request,
             const base::CallContext& context, const base::Done& done);
  absl::StatusOr<TicketRef> Admit(const base::CallerRef& caller);
  absl::Status Hold(const std::string& principal, size_t bytes);
  absl::StatusOr<base::Reply> Leave(const base::Caller& caller, const TicketRef& ticket,
                                    absl::StatusOr<base::Reply> reply);

  const CurrentPolicy& policy_;
  const LimitsConfig limits_;
  Audit& audit_;
  absl::Mutex mutex_;
  std::map<std::string, Account, std::less<>> accounts_ ABSL_GUARDED_BY(mutex_);  // by principal
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CALL_GATE_H_
