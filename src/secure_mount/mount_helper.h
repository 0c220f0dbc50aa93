// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_MOUNT_HELPER_H_
#define ATTESTD_SECURE_MOUNT_MOUNT_HELPER_H_

#include <absl/base/thread_annotations.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/handle.h"
#include "base/monitor.h"
#include "base/secret.h"
#include "base/status.h"
#include "secure_mount/mount_plan.h"
#include "secure_mount/wire.h"

namespace attestd::secure_mount {

// attestd's end of the mount helper (main.cc): a process of its own, so that attestd, which holds
// secrets, starts no program and needs no right to mount.
class MountHelper {
 public:
  // Starts `program` for these folders (main.cc), before there is any secret. It ends with this.
  static absl::StatusOr<std::unique_ptr<MountHelper>> Start(
      const std::string& program, const std::vector<std::string>& mount_roots);
  // For a helper that listens at a unix socket (SOCK_SEQPACKET): it is connected to at the first
  // order, and again when it has ended.
  static std::unique_ptr<MountHelper> At(std::string socket_path);

  MountHelper(const MountHelper&) = delete;
  MountHelper& operator=(const MountHelper&) = delete;
  ~MountHelper();

  // Blocks; one order at a time. Null for `key`: the helper makes one up. The key goes through a
  // pipe. An error of MountVolume (volume.h), DeadlineExceeded or Cancelled when it waits too long
  // for another order, or Unavailable (kMountFailed) when there is no helper.
  absl::Status Mount(const MountRequest& request, const base::Secret* key,
                     const base::CallContext& caller);

 private:
  MountHelper(std::string socket_path, base::UniqueFd socket, pid_t child)
      : socket_path_(std::move(socket_path)), child_(child), socket_(std::move(socket)) {}

  // Waits until no other order is under way; and ends that.
  absl::Status TakeTurn(const base::CallContext& caller);
  void EndTurn();
  absl::Status Connect();
  absl::Status Ask(const Order& order, const base::Secret* key, const base::CallContext& caller);
  absl::Status Await(uint64_t order, const base::CallContext& caller);

  const std::string socket_path_;  // empty: it was started by us
  const pid_t child_;              // -1: it was not
  base::Monitor monitor_;
  bool busy_ ABSL_GUARDED_BY(monitor_) = false;
  // For whoever has the turn.
  base::UniqueFd socket_;
  uint64_t last_order_ = 0;
};

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_MOUNT_HELPER_H_
