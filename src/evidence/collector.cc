// SPDX-License-Identifier: Apache-2.0
#include "evidence/collector.h"

#include <utility>

namespace attestd::evidence {
namespace {

// Locks the mutex within the deadline. absl::Mutex has no timed lock, but a condition that is
// always true makes one.
bool LockBefore(absl::Mutex& mutex, base::Deadline deadline) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (mutex.LockWhenWithTimeout(absl::Condition::kTrue, deadline.Remaining())) {
    if (!deadline.Expired()) {
      return true;
    }
  }
  mutex.Unlock();
  return false;
}

absl::Status DeviceBusy() {
  return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
                          "no time left while waiting for the TEE device");
}

}  // namespace

Collector::Collector(std::unique_ptr<EvidenceSource> primary)
    : primary_(std::move(primary)), tee_(primary_->tee()) {}

absl::Status Collector::Check(base::Deadline deadline) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (!LockBefore(device_mutex_, deadline)) {
    return DeviceBusy();
  }
  absl::Status status = primary_->Check();
  device_mutex_.Unlock();
  return status;
}

absl::StatusOr<Evidence> Collector::Collect(const ReportData& report_data, base::Deadline deadline)
    ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (!LockBefore(device_mutex_, deadline)) {
    return DeviceBusy();
  }
  absl::StatusOr<Evidence> evidence = primary_->Collect(report_data, deadline);
  device_mutex_.Unlock();
  return evidence;
}

absl::StatusOr<CompositeEvidence> Collector::CollectFor(const RuntimeData& runtime_data,
                                                        base::HashAlgorithm hash,
                                                        base::Deadline deadline) {
  const std::string additional;
  ASSIGN_OR_RETURN(const base::Bytes digest, runtime_data.PrimaryDigest(hash, additional));
  ASSIGN_OR_RETURN(const ReportData report_data, ReportData::Create(digest));
  ASSIGN_OR_RETURN(Evidence primary, Collect(report_data, deadline));
  return CompositeEvidence{.primary = std::move(primary), .additional = additional};
}

absl::StatusOr<Evidence> Collector::CollectRaw(base::ByteView bytes, base::Deadline deadline) {
  if (bytes.size() > primary_->report_data_limit()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kTooLarge,
                            "report data is " + std::to_string(bytes.size()) + " bytes; " + tee_ +
                                " evidence carries at most " +
                                std::to_string(primary_->report_data_limit()));
  }
  ASSIGN_OR_RETURN(const ReportData report_data, ReportData::Create(bytes));
  return Collect(report_data, deadline);
}

}  // namespace attestd::evidence
