// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_AUDIT_H_
#define ATTESTD_AGENT_AUDIT_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/access_config.h"
#include "agent/line_limit.h"
#include "base/caller.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::agent {

// What somebody was given or refused; never its content.
struct AuditEntry {
  const base::Caller& caller;
  absl::Status status;
  // Where there is one.
  std::string resource = {};  // its URI without the query
  std::string broker = {};    // that gave it
  // "sha256:..." of the evidence that it was given for, or that was given.
  std::string evidence = {};
};

// The audit log: a line for each release and denial. Those of a principal that is refused all the
// time are thinned out, and say so; no release is left out.
class Audit {
 public:
  // The file is made when it is absent, for its owner alone. Errors name it.
  static absl::StatusOr<std::unique_ptr<Audit>> Open(const AuditConfig& config);
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;
  ~Audit() = default;

  // A line that cannot be written is an error in the log, and holds up nobody.
  void Write(const AuditEntry& entry);

 private:
  Audit(bool enabled, base::UniqueFd file);
  // How many lines were left out before this one; nothing: this one is, too.
  std::optional<uint64_t> Pass(const AuditEntry& entry);
  void WriteLine(const std::string& line);

  const bool enabled_;
  const base::UniqueFd file_;       // none: standard error
  std::atomic<bool> torn_ = false;  // the file ends with a part of a line
  absl::Mutex mutex_;
  std::map<std::string, LineLimit> refused_ ABSL_GUARDED_BY(mutex_);  // by principal
  LineLimit complaints_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_AUDIT_H_
