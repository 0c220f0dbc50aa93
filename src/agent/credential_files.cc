// SPDX-License-Identifier: Apache-2.0
#include "agent/credential_files.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/current_policy.h"
#include "agent/private_file.h"
#include "base/await.h"
#include "base/guarded.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(1);
constexpr absl::Duration kLongestPause = absl::Minutes(1);
// As long as a caller of ours may wait.
constexpr absl::Duration kPatience = absl::Seconds(60);

}  // namespace

CredentialFiles::CredentialFiles(std::vector<CredentialConfig> credentials,
                                 unseal::Secrets& secrets)
    : secrets_(secrets), credentials_(std::move(credentials)) {
  if (credentials_.empty()) {
    const base::MonitorLock lock(monitor_);
    finished_ = true;
    return;
  }
  thread_ = std::thread([this] { Run(); });
}

CredentialFiles::~CredentialFiles() {
  stop_.request_stop();
  {
    const base::MonitorLock lock(monitor_);
    stopping_ = true;
    monitor_.NotifyAll();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool CredentialFiles::Await(base::Deadline deadline) {
  const base::MonitorLock lock(monitor_);
  return monitor_.Await(deadline,
                        [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_) { return finished_; });
}

void CredentialFiles::Run() {
  std::vector<CredentialConfig> waiting = credentials_;
  for (absl::Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    waiting = Round(std::move(waiting));
    const base::MonitorLock lock(monitor_);
    if (waiting.empty()) {
      finished_ = true;
      monitor_.NotifyAll();
      return;
    }
    if (monitor_.Await(base::Deadline::After(pause),
                       [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(monitor_) { return stopping_; })) {
      return;
    }
  }
}

std::vector<CredentialConfig> CredentialFiles::Round(std::vector<CredentialConfig> waiting) {
  std::vector<CredentialConfig> left;
  for (CredentialConfig& credential : waiting) {
    const absl::Status status = base::Guarded([&] { return Write(credential); });
    if (status.ok()) {
      base::Log(base::Severity::kNotice, "credential written", {{"path", credential.path}});
      continue;
    }
    if (!stop_.stop_requested()) {
      base::Log(base::Severity::kWarning, "credential not written yet; it is tried again",
                {{"path", credential.path}, {"cause", base::StatusText(status)}});
    }
    left.push_back(std::move(credential));
  }
  return left;
}

unseal::Secrets::Result CredentialFiles::Fetch(const CredentialConfig& credential) {
  const auto uri = kbs::ResourceUri::Parse(credential.uri);
  if (!uri.ok()) {
    return uri.status();
  }
  return base::Await<unseal::Secrets::Result>({.deadline = base::Deadline::After(kPatience),
                                               .stop = stop_.get_token(),
                                               .caller = Ourselves()},
                                              [&](const base::CallContext& caller, auto done) {
                                                secrets_.Get(*uri, caller, std::move(done));
                                              });
}

absl::Status CredentialFiles::Write(const CredentialConfig& credential) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const base::Secret> secret, Fetch(credential));
  return WritePrivateFile(credential.path, secret->view());
}

}  // namespace attestd::agent
