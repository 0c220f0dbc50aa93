// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_CREDENTIAL_FILES_H_
#define ATTESTD_AGENT_CREDENTIAL_FILES_H_

#include <absl/base/thread_annotations.h>

#include <stop_token>
#include <thread>
#include <vector>

#include "agent/credential_config.h"
#include "base/monitor.h"
#include "base/status.h"
#include "unseal/secrets.h"

namespace attestd::agent {

// Writes secrets to the files that the configuration names, each once, as callers' requests would
// get them. What cannot be had yet is asked for again, after a second at first and a minute at
// last, until the end: neither a broker that is away nor one that refuses stops attestd.
class CredentialFiles {
 public:
  // Works on a thread of its own, when there is anything to do. `secrets` outlives it.
  CredentialFiles(std::vector<CredentialConfig> credentials, unseal::Secrets& secrets);
  CredentialFiles(const CredentialFiles&) = delete;
  CredentialFiles& operator=(const CredentialFiles&) = delete;
  // Stops what is being fetched.
  ~CredentialFiles();

  // Blocks until all files are written; false when the deadline came first.
  bool Await(base::Deadline deadline);

 private:
  void Run();
  // Those that are still to do.
  std::vector<CredentialConfig> Round(std::vector<CredentialConfig> waiting);
  unseal::Secrets::Result Fetch(const CredentialConfig& credential);
  absl::Status Write(const CredentialConfig& credential);

  unseal::Secrets& secrets_;
  const std::vector<CredentialConfig> credentials_;
  std::stop_source stop_;
  base::Monitor monitor_;
  bool stopping_ ABSL_GUARDED_BY(monitor_) = false;
  bool finished_ ABSL_GUARDED_BY(monitor_) = false;
  std::thread thread_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_CREDENTIAL_FILES_H_
