// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_READINESS_H_
#define ATTESTD_AGENT_READINESS_H_

#include <absl/base/thread_annotations.h>

#include <functional>
#include <thread>

#include "base/monitor.h"
#include "base/status.h"

namespace attestd::agent {

// Knows whether a request could succeed. A thread of its own asks `check` at once, then every
// second until it is well, then now and then; `publish` hears of every change.
class Readiness {
 public:
  using Check = std::function<absl::Status()>;
  using Publish = std::function<void(const absl::Status&)>;

  Readiness(Check check, Publish publish);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  ~Readiness();

  // OK when ready, else why not.
  absl::Status Get() const;
  // Asks again soon: a request has just failed at the device.
  void Suspect();

 private:
  void Run();

  const Check check_;
  const Publish publish_;
  mutable base::Monitor monitor_;
  absl::Status status_ ABSL_GUARDED_BY(monitor_);
  bool suspect_ ABSL_GUARDED_BY(monitor_) = false;
  bool stopping_ ABSL_GUARDED_BY(monitor_) = false;
  std::thread thread_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_READINESS_H_
