// SPDX-License-Identifier: Apache-2.0
#include "agent/credential_files.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "agent/private_file.h"
#include "base/guarded.h"
#include "base/log.h"

namespace attestd::agent {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(1);
constexpr absl::Duration kLongestPause = absl::Minutes(1);
// As long as a caller of ours may wait.
constexpr absl::Duration kPatience = absl::Seconds(60);

// An answer that one thread waits for and another gives.
struct Answer {
  base::Monitor monitor;
  std::optional<ResourceFlights::Result> result ABSL_GUARDED_BY(monitor);
};

}  // namespace

CredentialFiles::CredentialFiles(std::vector<CredentialConfig> credentials,
                                 ResourceFlights& flights)
    : flights_(flights), credentials_(std::move(credentials)) {
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

ResourceFlights::Result CredentialFiles::Fetch(const CredentialConfig& credential) {
  const auto uri = kbs::ResourceUri::Parse(credential.uri);
  if (!uri.ok()) {
    return uri.status();
  }
  std::stop_source caller;
  const std::stop_callback on_end(stop_.get_token(), [&caller] { caller.request_stop(); });
  const base::Deadline deadline = base::Deadline::After(kPatience);
  // Shared: whoever answers may still hold the lock when this thread has the answer.
  const auto answer = std::make_shared<Answer>();
  flights_.Get(*uri, {.deadline = deadline, .stop = caller.get_token()},
               [answer](const ResourceFlights::Result& result) {
                 const base::MonitorLock lock(answer->monitor);
                 answer->result = result;
                 answer->monitor.NotifyAll();
               });
  const base::MonitorLock lock(answer->monitor);
  const auto answered = [&answer]()
                            ABSL_NO_THREAD_SAFETY_ANALYSIS { return answer->result.has_value(); };
  if (!answer->monitor.Await(deadline, answered)) {
    answer->monitor.Unlock();
    caller.request_stop();  // may answer on this thread
    answer->monitor.Lock();
    answer->monitor.Await(base::Deadline::Infinite(), answered);
  }
  return *std::move(answer->result);
}

absl::Status CredentialFiles::Write(const CredentialConfig& credential) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const base::Secret> secret, Fetch(credential));
  return WritePrivateFile(credential.path, secret->view());
}

}  // namespace attestd::agent
