// SPDX-License-Identifier: Apache-2.0
#include "eventlog/log_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/file.h"
#include "base/handle.h"

namespace attestd::eventlog {
namespace {

// Above what MeasurementLog lets the log grow to.
constexpr size_t kMaxFileBytes = size_t{2} << 20;
constexpr mode_t kFolderMode = 0750;
constexpr mode_t kLogMode = 0640;
constexpr mode_t kJournalMode = 0600;
// The name that guest-components gives to its own.
constexpr std::string_view kJournalName = ".wal_event_entry";

absl::Status WriteAt(const base::UniqueFd& fd, const std::string& path, size_t offset,
                     base::ByteView bytes) {
  if (::ftruncate(fd.get(), static_cast<off_t>(offset)) != 0) {
    return base::ErrnoStatus(errno, path);
  }
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno != EINTR) {
      return base::ErrnoStatus(errno, path);
    }
    const size_t done = count > 0 ? static_cast<size_t>(count) : 0;
    offset += done;
    bytes = bytes.subspan(done);
  }
  return ::fsync(fd.get()) == 0 ? absl::OkStatus() : base::ErrnoStatus(errno, path);
}

// A regular file to write to, of that mode when it is new; a link is not followed.
absl::StatusOr<base::UniqueFd> OpenForWriting(const std::string& path, mode_t mode) {
  base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return base::ErrnoStatus(errno, path);
  }
  if (!S_ISREG(info.st_mode)) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, path + ": not a regular file");
  }
  if (info.st_size == 0 && ::fchmod(fd.get(), mode) != 0) {
    return base::ErrnoStatus(errno, path);
  }
  return fd;
}

absl::StatusOr<std::string> ReadOrEmpty(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path, kMaxFileBytes);
  return absl::IsNotFound(text.status()) ? std::string() : text;
}

class RealLogFiles : public LogFiles {
 public:
  explicit RealLogFiles(std::string log_path)
      : log_(std::move(log_path)),
        folder_(log_.substr(0, log_.rfind('/'))),
        journal_(folder_ + "/" + std::string(kJournalName)) {}

  const std::string& log_path() const override { return log_; }
  absl::StatusOr<std::string> ReadLog() override { return ReadOrEmpty(log_); }
  absl::StatusOr<std::string> ReadJournal() override { return ReadOrEmpty(journal_); }

  absl::Status WriteLog(size_t offset, base::ByteView bytes) override {
    RETURN_IF_ERROR(MakeFolder());
    const bool is_new = ::access(log_.c_str(), F_OK) != 0;
    ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenForWriting(log_, kLogMode));
    RETURN_IF_ERROR(WriteAt(fd, log_, offset, bytes));
    return is_new ? SyncFolder() : absl::OkStatus();
  }

  absl::Status ReplaceJournal(std::string_view text) override {
    RETURN_IF_ERROR(MakeFolder());
    const std::string fresh = journal_ + ".new";
    absl::Status status = WriteWhole(fresh, text);
    if (status.ok() && std::rename(fresh.c_str(), journal_.c_str()) != 0) {
      status = base::ErrnoStatus(errno, journal_);
    }
    if (!status.ok()) {
      ::unlink(fresh.c_str());  // it holds space that a full disk has not
      return status;
    }
    return SyncFolder();
  }

 private:
  static absl::Status WriteWhole(const std::string& path, std::string_view text) {
    ASSIGN_OR_RETURN(const base::UniqueFd fd, OpenForWriting(path, kJournalMode));
    return WriteAt(fd, path, 0, base::AsBytes(text));
  }
  absl::Status MakeFolder() const {
    if (folder_.empty() || ::mkdir(folder_.c_str(), kFolderMode) == 0 || errno == EEXIST) {
      return absl::OkStatus();
    }
    return base::ErrnoStatus(errno, folder_);
  }
  absl::Status SyncFolder() const {
    const std::string path = folder_.empty() ? "/" : folder_;
    const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() || ::fsync(fd.get()) != 0) {
      return base::ErrnoStatus(errno, path);
    }
    return absl::OkStatus();
  }

  const std::string log_;
  const std::string folder_;
  const std::string journal_;
};

}  // namespace

std::unique_ptr<LogFiles> MakeLogFiles(std::string log_path) {
  return std::make_unique<RealLogFiles>(std::move(log_path));
}

}  // namespace attestd::eventlog
