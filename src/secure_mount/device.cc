// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/device.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "base/file.h"
#include "base/handle.h"
#include "secure_mount/command.h"

namespace attestd::secure_mount {
namespace {

constexpr size_t kMaxUevent = 4096;

absl::Status NotUsable(const std::string& device, std::string_view problem) {
  return StepFailed("device " + device, problem);
}

absl::StatusOr<dev_t> NumberOf(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return NotUsable(path, errno == ENOENT ? "it is not there" : "it cannot be looked at");
  }
  if (!S_ISBLK(info.st_mode)) {
    return NotUsable(path, "it is no block device");
  }
  return info.st_rdev;
}

// DEVNAME of the kernel's uevent.
absl::StatusOr<std::string> NodeOf(dev_t number) {
  const std::string shown = std::to_string(::major(number)) + ":" + std::to_string(::minor(number));
  const auto uevent = base::ReadFile("/sys/dev/block/" + shown + "/uevent", kMaxUevent);
  if (!uevent.ok()) {
    return NotUsable(shown, "the kernel has no such block device");
  }
  const std::string text = "\n" + *uevent;
  const std::string key = "\nDEVNAME=";
  const size_t at = text.find(key);
  if (at == std::string::npos) {
    return NotUsable(shown, "the kernel does not name it");
  }
  const size_t begin = at + key.size();
  return "/dev/" + text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

absl::StatusOr<std::string> FindDevice(const std::variant<std::string, DeviceNumber>& device) {
  dev_t number = 0;
  if (const auto* path = std::get_if<std::string>(&device); path != nullptr) {
    ASSIGN_OR_RETURN(number, NumberOf(*path));
  } else {
    const auto& id = std::get<DeviceNumber>(device);
    number = ::makedev(id.major, id.minor);
  }
  ASSIGN_OR_RETURN(const std::string node, NodeOf(number));
  ASSIGN_OR_RETURN(const dev_t found, NumberOf(node));
  if (found != number) {
    return NotUsable(node, "it is another device than the kernel says");
  }
  // Not for writing, after which udev would look at the device and hold it for a while.
  const base::UniqueFd alone(::open(node.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
  if (!alone.valid()) {
    return NotUsable(node, errno == EBUSY ? "it is in use: mounted, or part of another device"
                                          : "it cannot be opened");
  }
  return node;
}

}  // namespace attestd::secure_mount
