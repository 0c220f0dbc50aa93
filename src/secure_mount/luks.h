// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_LUKS_H_
#define ATTESTD_SECURE_MOUNT_LUKS_H_

#include <string>

#include "base/handle.h"
#include "base/secret.h"
#include "base/status.h"
#include "secure_mount/interruption.h"

namespace attestd::secure_mount {

// A LUKS2 volume on a block device, by cryptsetup(8). It is opened by a copy of its header in our
// memory, which was checked (luks_header.h): what the host writes to the device meanwhile has no
// say.
class LuksVolume {
 public:
  struct Options {
    std::string device;  // a block device that is not in use
    bool integrity = false;
    // The header stays in memory and is gone with us: for a key that nobody will have again.
    bool ephemeral = false;
  };
  // `key` and `interruption` outlive it.
  LuksVolume(Options options, const base::Secret& key, Interruption& interruption)
      : options_(std::move(options)), key_(key), interruption_(interruption) {}

  // Makes it anew; whatever was there is lost. With integrity the whole device is written, which is
  // what makes all of it readable.
  absl::Status Format();
  // Reads and checks the header of a volume that is not ephemeral. FailedPrecondition
  // (kVolumeRefused) when there is none, or one that may not be opened.
  absl::Status Load();
  // Makes /dev/mapper/NAME. FailedPrecondition (kKeyUnfit) when the key is another.
  absl::Status Open(const std::string& name);
  // Undoes that; also when the interruption has come.
  static absl::Status Close(const std::string& name);

 private:
  absl::Status MakeHeader();

  const Options options_;
  const base::Secret& key_;
  Interruption& interruption_;
  base::UniqueFd header_;  // a memfd
};

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_LUKS_H_
