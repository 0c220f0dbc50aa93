// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/volume.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <span>

#include "base/encoding.h"
#include "base/log.h"
#include "secure_mount/command.h"
#include "secure_mount/device.h"
#include "secure_mount/luks.h"
#include "secure_mount/mount_point.h"
#include "secure_mount/packet.h"

namespace attestd::secure_mount {
namespace {

absl::Status FillRandom(std::span<uint8_t> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t size = ::getrandom(bytes.data() + done, bytes.size() - done, 0);
    if (size < 0 && errno != EINTR) {
      return StepFailed("random bytes", "the kernel gives none");
    }
    done += size > 0 ? static_cast<size_t>(size) : 0;
  }
  return absl::OkStatus();
}

absl::StatusOr<base::Secret> RandomKey() {
  ASSIGN_OR_RETURN(base::Secret key, base::Secret::Allocate(kMaxKeyBytes));
  RETURN_IF_ERROR(FillRandom(key.writable()));
  return key;
}

absl::StatusOr<std::string> MapperName(const MountPlan& plan) {
  if (!plan.mapper_name.empty()) {
    return plan.mapper_name;
  }
  std::array<uint8_t, 8> tag{};
  RETURN_IF_ERROR(FillRandom(tag));
  return "attestd-" + base::HexEncode(tag);
}

absl::Status MakeFilesystem(const std::string& device, const Filesystem& filesystem,
                            Interruption& interruption) {
  const bool xfs = filesystem.type == "xfs";
  // Quiet, and without a question about what seems to be there.
  Command command{.step = "mkfs." + filesystem.type + " " + device,
                  .program = "mkfs." + filesystem.type,
                  .arguments = {"-q", xfs ? "-f" : "-F"}};
  command.arguments.insert(command.arguments.end(), filesystem.mkfs_options.begin(),
                           filesystem.mkfs_options.end());
  command.arguments.push_back(device);
  return RunToSuccess(command, interruption).status();
}

// From the open mapping to what the caller sees.
absl::Status Show(const MountPlan& plan, const std::string& mapper, const MountPoint& point,
                  Interruption& interruption) {
  if (!plan.filesystem.has_value()) {
    return point.Link(mapper);
  }
  if (plan.format) {
    RETURN_IF_ERROR(MakeFilesystem(mapper, *plan.filesystem, interruption));
  }
  RETURN_IF_ERROR(interruption.Check());
  return point.Mount(mapper, *plan.filesystem);
}

absl::Status OpenVolume(const MountPlan& plan, const std::string& device, const base::Secret* key,
                        const std::string& name, Interruption& interruption) {
  const bool ephemeral = key == nullptr;
  base::Secret made;
  if (ephemeral) {
    ASSIGN_OR_RETURN(made, RandomKey());
  }
  LuksVolume volume({.device = device, .integrity = plan.integrity, .ephemeral = ephemeral},
                    ephemeral ? made : *key, interruption);
  if (plan.format) {
    RETURN_IF_ERROR(volume.Format());
  }
  if (!ephemeral) {
    RETURN_IF_ERROR(volume.Load());
  }
  return volume.Open(name);
}

// Also when a step was stopped just after it had made the mapping.
void Undo(const std::string& device, const std::string& name, const std::string& mapper) {
  if (::access(mapper.c_str(), F_OK) != 0) {
    return;
  }
  const bool closed = LuksVolume::Close(name).ok();
  base::Log(closed ? base::Severity::kNotice : base::Severity::kError,
            closed ? "secure mount: undone" : "secure mount: the mapping cannot be closed",
            {{"device", device}, {"mapper", name}});
}

}  // namespace

absl::Status MountVolume(const MountPlan& plan, const base::Secret* key,
                         const std::vector<std::string>& roots, Interruption& interruption) {
  if (key == nullptr && !plan.format) {
    return BadMount("key", "a volume that is encrypted already needs one");
  }
  // What may be refused comes before what is lost.
  ASSIGN_OR_RETURN(const MountPoint point,
                   MountPoint::Open(plan.mount_point, roots, plan.filesystem.has_value()));
  ASSIGN_OR_RETURN(const std::string device, FindDevice(plan.device));
  ASSIGN_OR_RETURN(const std::string name, MapperName(plan));
  const std::string mapper = "/dev/mapper/" + name;
  if (::access(mapper.c_str(), F_OK) == 0) {
    return StepFailed("mapper " + name, "there is such a device already");
  }
  absl::Status status = OpenVolume(plan, device, key, name, interruption);
  if (status.ok()) {
    status = Show(plan, mapper, point, interruption);
  }
  if (!status.ok()) {
    Undo(device, name, mapper);
    return status;
  }
  base::Log(base::Severity::kNotice, "secure mount: done",
            {{"device", device}, {"mapper", name}, {"mount_point", plan.mount_point}});
  return absl::OkStatus();
}

}  // namespace attestd::secure_mount
