// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_OUTPUT_FILE_H_
#define ATTESTD_CTL_OUTPUT_FILE_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::ctl {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

struct FileSpec {
  std::string path;
  mode_t mode = 0400;
  std::optional<Owner> owner;  // the caller's own when absent
};

// Writes all of the bytes with write(2), so that no buffer keeps a copy.
absl::Status WriteAll(int fd, base::ByteView bytes);

// A file that appears under its name only when it is whole. Until Commit it lies beside the target
// under a name of its own, open to nobody but its owner, and goes away with this object.
class PendingFile {
 public:
  // Makes the empty temporary file, mode 0600 & spec.mode less the umask, already owned as asked.
  // The target may exist as a regular file or a symbolic link; FailedPrecondition otherwise.
  static absl::StatusOr<PendingFile> Create(const FileSpec& spec);

  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&& other) = delete;
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile();

  absl::Status Write(base::ByteView bytes);
  // Gives the file its mode and its name (a link there is replaced, not followed), on disk when
  // this returns.
  absl::Status Commit();

  // Name of the temporary file, in the target's directory.
  const std::string& temporary_name() const { return temporary_name_; }

 private:
  PendingFile(std::string name, mode_t mode, base::UniqueFd directory);

  absl::Status Open(const std::optional<Owner>& owner);

  std::string name_;
  mode_t mode_;
  base::UniqueFd directory_;
  std::string temporary_name_;
  base::UniqueFd file_;
  bool on_disk_ = false;
};

// Create, Write and Commit.
absl::Status WriteFileAtomically(const FileSpec& spec, base::ByteView bytes);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_OUTPUT_FILE_H_
