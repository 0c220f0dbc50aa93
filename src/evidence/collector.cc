// SPDX-License-Identifier: Apache-2.0
#include "evidence/collector.h"

#include <utility>

namespace attestd::evidence {

// The right to use the device, given back at the end.
class Collector::DeviceTurn {
 public:
  // DeadlineExceeded when the device stays busy.
  static absl::StatusOr<DeviceTurn> Take(Collector& collector, base::Deadline deadline) {
    const absl::MutexLock lock(&collector.mutex_);
    const absl::Condition is_free(
        +[](bool* busy) { return !*busy; }, &collector.device_busy_);
    if (!collector.mutex_.AwaitWithTimeout(is_free, deadline.Remaining()) || deadline.Expired()) {
      return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
                              "no time left while waiting for the TEE device");
    }
    collector.device_busy_ = true;
    return DeviceTurn(&collector);
  }
  DeviceTurn(DeviceTurn&& other) noexcept : collector_(std::exchange(other.collector_, nullptr)) {}
  DeviceTurn& operator=(DeviceTurn&&) = delete;
  DeviceTurn(const DeviceTurn&) = delete;
  DeviceTurn& operator=(const DeviceTurn&) = delete;
  ~DeviceTurn() {
    if (collector_ != nullptr) {
      const absl::MutexLock lock(&collector_->mutex_);
      collector_->device_busy_ = false;
    }
  }

 private:
  explicit DeviceTurn(Collector* collector) : collector_(collector) {}
  Collector* collector_;
};

Collector::Collector(std::unique_ptr<EvidenceSource> primary)
    : primary_(std::move(primary)), tee_(primary_->tee()) {}

absl::Status Collector::Check(base::Deadline deadline) {
  ASSIGN_OR_RETURN(const DeviceTurn turn, DeviceTurn::Take(*this, deadline));
  return primary_->Check();
}

absl::StatusOr<Evidence> Collector::Collect(const ReportData& report_data,
                                            base::Deadline deadline) {
  ASSIGN_OR_RETURN(const DeviceTurn turn, DeviceTurn::Take(*this, deadline));
  return primary_->Collect(report_data, deadline);
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

absl::StatusOr<Evidence> Collector::CollectRaw(base::ByteView report_data,
                                               base::Deadline deadline) {
  if (report_data.size() > primary_->report_data_limit()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kTooLarge,
                            "report data is " + std::to_string(report_data.size()) + " bytes; " +
                                tee_ + " evidence carries at most " +
                                std::to_string(primary_->report_data_limit()));
  }
  ASSIGN_OR_RETURN(const ReportData bound, ReportData::Create(report_data));
  return Collect(bound, deadline);
}

}  // namespace attestd::evidence
