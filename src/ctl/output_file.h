// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_OUTPUT_FILE_H_
#define ATTESTD_CTL_OUTPUT_FILE_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::ctl {

// What chown(2) takes; a number of -1 leaves that one as it is.
struct Owner {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
};

struct FileSpec {
  std::string path;
  mode_t mode = 0400;
  std::optional<Owner> owner;  // the caller's own when absent
  bool make_parents = false;
};

// A path in its two parts: "/name" lies in "/", "name" in ".".
struct PathParts {
  std::string folder;
  std::string name;
};
PathParts SplitPath(const std::string& path);

// Writes all of the bytes with write(2), so that no buffer keeps a copy.
absl::Status WriteAll(int fd, base::ByteView bytes);

// Begins the name of every temporary file; 16 hex digits follow.
inline constexpr std::string_view kTemporaryPrefix = ".attestctl-";

// A file that appears under its name only when it is whole. Until Publish it has no name, or, where
// the file system knows no such files, lies beside the target under a name of its own, open to
// nobody but its owner. Without Keep everything is as it was when this object goes away.
class PendingFile {
 public:
  // Makes the empty file, mode 0600 & spec.mode less the umask, already owned as asked. The target
  // may exist as a regular file or a symbolic link; FailedPrecondition otherwise.
  static absl::StatusOr<PendingFile> Create(const FileSpec& spec);

  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&& other) = delete;
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile();

  absl::Status Write(base::ByteView bytes);
  // Gives the file its mode, and its bytes to the disk.
  absl::Status Settle();
  // Gives the file its name; a link there is replaced, not followed. With `keep_old`, what was
  // there lies beside it under another name until Keep.
  absl::Status Publish(bool keep_old);
  // The new file stays, on disk when this returns.
  absl::Status Keep();
  // Settle, Publish and Keep.
  absl::Status Commit();

  // Whether both would appear under one name.
  bool SameTarget(const PendingFile& other) const;

  // The open file, as long as this object lives.
  int descriptor() const { return file_.get(); }

 private:
  PendingFile(PathParts target, mode_t mode, base::UniqueFd directory);

  absl::Status Open(const std::optional<Owner>& owner);
  absl::Status LinkAs(const std::string& name) const;
  absl::Status KeepOld();
  absl::Status Replace();

  PathParts target_;
  mode_t mode_;
  base::UniqueFd directory_;
  base::UniqueFd file_;
  std::string temporary_;  // its name beside the target, while it has one
  std::string old_;        // of what was there before, while it is kept
  bool published_ = false;
};

// Create, Write and Commit.
absl::Status WriteFileAtomically(const FileSpec& spec, base::ByteView bytes);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_OUTPUT_FILE_H_
