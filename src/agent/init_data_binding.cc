// SPDX-License-Identifier: Apache-2.0
#include "agent/init_data_binding.h"

#include <unistd.h>

#include <csignal>
#include <utility>

namespace attestd::agent {

InitDataBinding::InitDataBinding(evidence::Collector& collector, base::Bytes digest, bool required)
    : collector_(collector), required_(required), digest_(std::move(digest)) {}

absl::Status InitDataBinding::Check(base::Deadline deadline) {
  if (digest_.empty()) {
    return status_;
  }
  absl::Status status = collector_.BindInitData(digest_, deadline);
  if (absl::IsUnimplemented(status)) {
    // A platform without a place for it, as the samples: the broker is the judge.
    status = absl::OkStatus();
  }
  const bool unbound = base::GetReason(status) == base::Reason::kInitDataUnbound;
  if (status.ok() || unbound) {
    digest_.clear();
    status_ = status;
  }
  if (unbound && required_) {
    EndProcess(status);
  }
  return status;
}

absl::Status InitDataBinding::Failure() const {
  const absl::MutexLock lock(&mutex_);
  return failure_;
}

void InitDataBinding::EndProcess(const absl::Status& status) {
  const absl::MutexLock lock(&mutex_);
  failure_ = base::Annotate(status, "[init_data] required");
  ::kill(::getpid(), SIGTERM);
}

}  // namespace attestd::agent
