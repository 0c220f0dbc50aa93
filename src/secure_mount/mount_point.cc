// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/mount_point.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "secure_mount/command.h"

namespace attestd::secure_mount {
namespace {

constexpr mode_t kDirectoryMode = 0755;

absl::Status Failed(const std::string& path, int error) {
  const absl::Status status = base::ErrnoStatus(error, path);
  const auto text = status.message();
  return StepFailed("mount point", std::string_view(text.data(), text.size()));
}

base::UniqueFd OpenBelow(int folder, const std::string& name) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return base::UniqueFd(
      static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how)));
}

// The root that `path` is below, the longest of several.
std::optional<std::string> RootOf(std::string_view path, const std::vector<std::string>& roots) {
  std::optional<std::string> best;
  for (const std::string& root : roots) {
    const bool below = path == root || (path.starts_with(root) && path[root.size()] == '/');
    if (below && (!best.has_value() || root.size() > best->size())) {
      best = root;
    }
  }
  return best;
}

// Opens each component of `rest`, one below the other; makes those that are missing.
absl::StatusOr<base::UniqueFd> Descend(base::UniqueFd folder, std::string_view rest,
                                       const std::string& path) {
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::string name(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    base::UniqueFd next = OpenBelow(folder.get(), name);
    if (!next.valid() && errno == ENOENT) {
      if (::mkdirat(folder.get(), name.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
        return Failed(path, errno);
      }
      next = OpenBelow(folder.get(), name);
    }
    if (!next.valid()) {
      return errno == ELOOP ? StepFailed("mount point", path + ": there is a link on the way")
                            : Failed(path, errno);
    }
    folder = std::move(next);
  }
  return folder;
}

}  // namespace

absl::StatusOr<MountPoint> MountPoint::Open(const std::string& path,
                                            const std::vector<std::string>& roots, bool directory) {
  const auto root = RootOf(path, roots);
  if (!root.has_value() || (!directory && path == *root)) {
    return BadMount("mount_point", "it is below no folder of [secure_mount] mount_roots");
  }
  ::mkdir(root->c_str(), kDirectoryMode);  // its parent has to be there
  base::UniqueFd folder(::open(root->c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) {
    return Failed(*root, errno);
  }
  std::string rest = path.substr(std::min(root->size() + 1, path.size()));
  std::string name;
  if (!directory) {
    const size_t slash = rest.rfind('/');
    name = rest.substr(slash == std::string::npos ? 0 : slash + 1);
    rest.resize(slash == std::string::npos ? 0 : slash);
  }
  ASSIGN_OR_RETURN(base::UniqueFd last, Descend(std::move(folder), rest, path));
  struct stat info {};
  if (!directory && ::fstatat(last.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    return StepFailed("mount point", path + ": there is something already");
  }
  return MountPoint(path, std::move(last), name);
}

absl::Status MountPoint::Mount(const std::string& device, const Filesystem& filesystem) const {
  const std::string place = "/proc/self/fd/" + std::to_string(directory_.get());
  if (::mount(device.c_str(), place.c_str(), filesystem.type.c_str(), filesystem.mount_flags,
              nullptr) != 0) {
    return StepFailed("mount " + device + " as " + filesystem.type,
                      path_ + ": errno " + std::to_string(errno));
  }
  return absl::OkStatus();
}

absl::Status MountPoint::Link(const std::string& device) const {
  return ::symlinkat(device.c_str(), directory_.get(), name_.c_str()) == 0 ? absl::OkStatus()
                                                                           : Failed(path_, errno);
}

}  // namespace attestd::secure_mount
