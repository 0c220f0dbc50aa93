// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVIDENCE_COLLECTOR_H_
#define ATTESTD_EVIDENCE_COLLECTOR_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "evidence/evidence_source.h"
#include "evidence/runtime_data.h"

namespace attestd::evidence {

// The two parts of "tee-evidence" in KBS protocol 0.4.0.
struct CompositeEvidence {
  Evidence primary;
  std::string additional;  // "" without additional devices
};

// Asks the platform for evidence, one request at a time: the hardware is serial.
class Collector {
 public:
  explicit Collector(std::unique_ptr<EvidenceSource> primary);

  std::string_view tee() const { return tee_; }
  // Whether evidence could be made now (EvidenceSource::Check).
  absl::Status Check(base::Deadline deadline);
  // Evidence bound to a handshake.
  absl::StatusOr<CompositeEvidence> CollectFor(const RuntimeData& runtime_data,
                                               base::HashAlgorithm hash, base::Deadline deadline);
  // Evidence bound to bytes of a caller's own; InvalidArgument over the platform's limit.
  absl::StatusOr<Evidence> CollectRaw(base::ByteView report_data, base::Deadline deadline);

 private:
  class DeviceTurn;
  absl::StatusOr<Evidence> Collect(const ReportData& report_data, base::Deadline deadline);

  const std::unique_ptr<EvidenceSource> primary_;
  const std::string tee_;
  // Waiting for the device counts against the caller's deadline, so that it is a flag to wait for
  // and not a lock to take.
  absl::Mutex mutex_;
  bool device_busy_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace attestd::evidence

#endif  // ATTESTD_EVIDENCE_COLLECTOR_H_
