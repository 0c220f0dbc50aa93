// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_MOUNT_SERVICE_H_
#define ATTESTD_AGENT_MOUNT_SERVICE_H_

#include <memory>
#include <string>

#include "agent/call.h"
#include "agent/sealed_service.h"
#include "agent/secure_mount_config.h"
#include "agent/worker_pool.h"
#include "base/method.h"
#include "secure_mount/mount_helper.h"

namespace attestd::agent {

// Starts the mount helper, or names the one that listens; null when secure mounts are not enabled.
// Before there is any secret and any thread.
absl::StatusOr<std::unique_ptr<secure_mount::MountHelper>> MakeMountHelper(
    const SecureMountConfig& config);

// api.SecureMountService, and of api.ImagePullService the word who pulls images.
class MountService {
 public:
  // Where keys come from: as for any caller, and sealed ones by the policy of [unseal].
  struct Keys {
    unseal::Secrets& secrets;
    const unseal::Unsealer& unsealer;
    std::string folder;  // of those in files; empty: none
  };
  // `helper` may be null. All of these outlive it, and it outlives the calls.
  MountService(CallRunner& calls, WorkerPool& workers, Keys keys, secure_mount::MountHelper* helper)
      : calls_(calls), workers_(workers), keys_(std::move(keys)), helper_(helper) {}

  // Its methods live no longer than it.
  void AddTo(base::MethodTable& methods);

 private:
  void SecureMount(base::ByteView request, const base::CallContext& caller, const base::Done& done);
  void FetchKey(const secure_mount::KeySource& source, const base::CallContext& caller,
                const unseal::Secrets::Done& done) const;

  CallRunner& calls_;
  WorkerPool& workers_;
  const Keys keys_;
  secure_mount::MountHelper* const helper_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_MOUNT_SERVICE_H_
