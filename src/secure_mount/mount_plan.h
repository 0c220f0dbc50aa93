// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_MOUNT_PLAN_H_
#define ATTESTD_SECURE_MOUNT_MOUNT_PLAN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace attestd::secure_mount {

// api.SecureMountRequest, as it came.
struct MountRequest {
  std::string volume_type = {};
  std::map<std::string, std::string> options = {};
  std::vector<std::string> flags = {};
  std::string mount_point = {};
};

struct DeviceNumber {
  uint32_t major = 0;
  uint32_t minor = 0;
};

struct Filesystem {
  std::string type;                       // "ext4" or "xfs"
  std::vector<std::string> mkfs_options;  // words for mkfs
  unsigned long mount_flags = 0;          // MS_* of mount(2)
};

// What is to be done, in words that are safe to hand on.
struct MountPlan {
  std::variant<std::string, DeviceNumber> device;  // an absolute path, or the number
  bool format = false;                             // whatever is on the device is lost
  bool integrity = false;                          // the volume must be authenticated
  std::string mapper_name;                         // empty: any
  std::string mount_point;                         // absolute, without "." and ".."
  std::optional<Filesystem> filesystem;            // none: mount_point becomes a link to the device
};

// Where the key of a volume comes from.
struct KeySource {
  enum class Kind {
    kRandom,    // made for this boot; nobody can open the volume again
    kSealed,    // `name` is a sealed secret
    kResource,  // `name` is a resource URI
    kFile,      // `name` is a file
  };
  Kind kind = Kind::kRandom;
  std::string name;
};

// Volumes of type "block-device", encrypted with LUKS2. The options are guest-components'
// (confidential-data-hub, block device); one that is not known is refused. The option "key" is not
// looked at. InvalidArgument (kBadMount) names the option and what was expected; Unimplemented
// (kMountUnsupported) for volumes of another kind. Messages never quote what was given.
absl::StatusOr<MountPlan> ParseMountPlan(const MountRequest& request);

// The option "key". InvalidArgument (kBadMount) for another scheme, and when it is absent although
// the volume is encrypted already.
absl::StatusOr<KeySource> ParseKeySource(const MountRequest& request);

// An absolute path without empty, "." and ".." components, control characters and the last slash.
absl::StatusOr<std::string> ParseCleanPath(std::string_view path, std::string_view what);

// InvalidArgument (kBadMount): "<what>: <problem>".
absl::Status BadMount(std::string_view what, std::string_view problem);

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_MOUNT_PLAN_H_
