// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_ACCESS_CONFIG_H_
#define ATTESTD_AGENT_ACCESS_CONFIG_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"
#include "policy/policy.h"

namespace attestd::base {
class TomlTable;
}

namespace attestd::agent {

// Who may connect to a listener, and what those may do.
struct AccessConfig {
  std::string principal;             // as rules, limits and the audit log name them
  bool named = false;                // ... by a word of its own, not by its place
  std::vector<uid_t> uids;           // empty: whoever can open it
  std::vector<std::string> cgroups;  // patterns (fnmatch(3)); empty: of any
  // Of systemd, which takes an end without bytes for an empty secret: its door refuses, not we.
  bool never_refuse = false;
  policy::Rights rights;                       // ...
  std::vector<policy::ResourcePattern> allow;  // ... and of which resources
};

// The words `principal`, `allow_uids`, `allow_cgroups`, `rights` and `allow` of a [[listener]].
// `root_only`: nobody else can open it, and whoever is root may do everything, unless it names a
// principal or says less. For every other one it is said here, at another listener of the
// principal, or by rules. `name` is its place.
absl::StatusOr<AccessConfig> ReadAccess(base::TomlTable& table, const std::string& name,
                                        bool root_only);

// [[rule]]: more for a principal.
absl::StatusOr<policy::Rule> ReadRule(base::TomlTable table);

// [limits]: what one principal may take up.
struct LimitsConfig {
  size_t connections = 512;
  size_t requests = 1024;                 // under way, unread replies among them
  size_t reply_bytes = size_t{64} << 20;  // of secrets in replies that are not read yet
  size_t requests_per_second = 2000;
  size_t burst = 4000;  // ... and so many at once
  // After which a gRPC connection without a call is ended. Clients of gRPC connect again, those of
  // ttRPC do not; REST has its own.
  size_t idle_seconds = 600;
};
absl::StatusOr<LimitsConfig> ReadLimits(base::TomlTable table);

// [audit]
struct AuditConfig {
  bool enabled = true;
  std::string file;  // empty: standard error, which systemd gives to the journal
};
absl::StatusOr<AuditConfig> ReadAudit(base::TomlTable table);

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_ACCESS_CONFIG_H_
