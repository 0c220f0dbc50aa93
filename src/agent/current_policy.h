// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CURRENT_POLICY_H_
#define ATTESTD_AGENT_CURRENT_POLICY_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <string>
#include <utility>

#include "agent/config.h"
#include "base/caller.h"
#include "base/status.h"
#include "kbs_client/resource_uri.h"
#include "policy/policy.h"

namespace attestd::agent {

// What the configuration allows: its listeners, its rules, what systemd may ask for, and attestd
// itself, which may have every resource.
absl::StatusOr<policy::Policy> MakePolicy(const Config& config);

// For whoever asks at a socket for REST that root passed to us: what the features are about.
AccessConfig AccessOfPassed(const std::string& features);

// attestd itself, when it fetches what its configuration names.
base::CallerRef Ourselves();

// The policy in force.
class CurrentPolicy {
 public:
  explicit CurrentPolicy(policy::Policy policy) { Set(std::move(policy)); }

  // Whether the call that the caller is in may go on. PermissionDenied (kNotAllowed), the same
  // whatever there is; also for nobody.
  absl::Status CheckCall(const base::CallerRef& caller) const;
  // ... have this resource.
  absl::Status CheckResource(const base::CallerRef& caller, const kbs::ResourceUri& resource) const;

  void Set(policy::Policy policy) {
    auto next = std::make_shared<const policy::Policy>(std::move(policy));
    const absl::MutexLock lock(&mutex_);
    policy_.swap(next);
  }
  std::shared_ptr<const policy::Policy> Get() const {
    const absl::MutexLock lock(&mutex_);
    return policy_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const policy::Policy> policy_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CURRENT_POLICY_H_
