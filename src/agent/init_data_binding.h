// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_INIT_DATA_BINDING_H_
#define ATTESTD_AGENT_INIT_DATA_BINDING_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"
#include "evidence/collector.h"

namespace attestd::agent {

// Asks the platform whether it is bound to the init data.
class InitDataBinding {
 public:
  // An empty digest: nothing is asked. `required`: the process ends, by a SIGTERM to itself, when
  // the platform is bound to other init data.
  InitDataBinding(evidence::Collector& collector, base::Bytes digest, bool required);

  // Asks until the platform has answered: it may take a report, and what is bound stays so until
  // the next boot. FailedPrecondition (kInitDataUnbound) for other init data. One thread calls it.
  absl::Status Check(base::Deadline deadline);

  // Why the process was asked to end; OK when it was not. Any thread.
  absl::Status Failure() const;

 private:
  void EndProcess(const absl::Status& status);

  evidence::Collector& collector_;
  const bool required_;
  base::Bytes digest_;  // empty when there is nothing to ask
  absl::Status status_;
  mutable absl::Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_INIT_DATA_BINDING_H_
