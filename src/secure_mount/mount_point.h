// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_MOUNT_POINT_H_
#define ATTESTD_SECURE_MOUNT_MOUNT_POINT_H_

#include <string>
#include <vector>

#include "base/handle.h"
#include "base/status.h"
#include "secure_mount/mount_plan.h"

namespace attestd::secure_mount {

// Where a volume is to be seen. Held open from before the first change to the device, so that
// nobody can put another directory in its place.
class MountPoint {
 public:
  // `path` is a clean path below one of `roots`, or one of them. Directories that are missing below
  // a root are made, with mode 0755. FailedPrecondition (kMountFailed) when there is a link on the
  // way, something that is no directory, or, for a link (`directory` is false), anything at all;
  // InvalidArgument (kBadMount) when it is below no root.
  static absl::StatusOr<MountPoint> Open(const std::string& path,
                                         const std::vector<std::string>& roots, bool directory);

  // mount(2) of the block device.
  absl::Status Mount(const std::string& device, const Filesystem& filesystem) const;
  // A symbolic link to the block device.
  absl::Status Link(const std::string& device) const;

 private:
  MountPoint(std::string path, base::UniqueFd directory, std::string name)
      : path_(std::move(path)), directory_(std::move(directory)), name_(std::move(name)) {}

  std::string path_;          // for messages
  base::UniqueFd directory_;  // the directory itself; for a link, that in which it will be
  std::string name_;          // of the link
};

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_MOUNT_POINT_H_
