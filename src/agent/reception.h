// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_RECEPTION_H_
#define ATTESTD_AGENT_RECEPTION_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstddef>
#include <map>
#include <string>

#include "agent/access_config.h"
#include "agent/audit.h"
#include "base/caller.h"
#include "base/status.h"

namespace attestd::agent {

// How many connections the process has descriptors for (RLIMIT_NOFILE).
size_t MostConnections();

// Settles who is behind a connection that was accepted, by what the kernel says, and whether that
// one is let in: before anything that it sends is read.
class Reception {
 public:
  // `most`: connections of all principals together.
  Reception(const LimitsConfig& limits, size_t most, Audit& audit)
      : limits_(limits), most_(most), audit_(audit) {}
  Reception(const Reception&) = delete;
  Reception& operator=(const Reception&) = delete;
  ~Reception() = default;

  // Counts as connected until the caller is let go of; the reception outlives it. PermissionDenied
  // (kNotAllowed) for whom the listener is not, ResourceExhausted (kTooManyRequests) when its
  // principal has too many connections; both are in the audit log.
  absl::StatusOr<base::CallerRef> Admit(int socket, const AccessConfig& access);
  // Of each principal.
  const LimitsConfig& limits() const { return limits_; }

 private:
  absl::StatusOr<base::Caller> Identify(int socket, const AccessConfig& access) const;
  absl::StatusOr<base::CallerRef> Register(base::Caller caller, bool anyway);
  void Leave(const std::string& principal);

  const LimitsConfig limits_;
  const size_t most_;
  Audit& audit_;
  absl::Mutex mutex_;
  std::map<std::string, size_t> connected_ ABSL_GUARDED_BY(mutex_);  // by principal
  size_t all_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_RECEPTION_H_
