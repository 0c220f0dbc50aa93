// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVENTLOG_LOG_FILES_H_
#define ATTESTD_EVENTLOG_LOG_FILES_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::eventlog {

// The log and the journal beside it, on a file system that may be full, read-only or broken. What
// was written is durable when a call returns. Errors name the path and the cause.
class LogFiles {
 public:
  LogFiles() = default;
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;
  virtual ~LogFiles() = default;

  // For messages.
  virtual const std::string& log_path() const = 0;
  // Empty when there is none; InvalidArgument over 2 MiB.
  virtual absl::StatusOr<std::string> ReadLog() = 0;
  // The log becomes its first `offset` bytes and these.
  virtual absl::Status WriteLog(size_t offset, base::ByteView bytes) = 0;
  // Empty when there is none.
  virtual absl::StatusOr<std::string> ReadJournal() = 0;
  // All or nothing: a crash leaves the old one or the new one.
  virtual absl::Status ReplaceJournal(std::string_view text) = 0;
};

// Files at an absolute path: the log (mode 0640, whatever the umask) and ".wal_event_entry" (0600)
// in its folder. The folder (0750, less the umask) is made at the first write when it is missing.
// Touches nothing yet.
std::unique_ptr<LogFiles> MakeLogFiles(std::string log_path);

}  // namespace attestd::eventlog

#endif  // ATTESTD_EVENTLOG_LOG_FILES_H_
