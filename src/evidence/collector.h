// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVIDENCE_COLLECTOR_H_
#define ATTESTD_EVIDENCE_COLLECTOR_H_

#include <absl/base/thread_annotations.h>
#include <absl/functional/function_ref.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/monitor.h"
#include "evidence/caller_data.h"
#include "evidence/evidence_source.h"
#include "evidence/runtime_data.h"

namespace attestd::evidence {

// The two parts of "tee-evidence" in KBS protocol 0.4.0.
struct CompositeEvidence {
  Evidence primary;
  std::string additional;  // "" without additional devices
};

// Asks the platform and the devices beside it for evidence, one request at a time: the hardware is
// serial. Every wait for its turn counts against the caller's deadline.
class Collector {
 public:
  using Sources = std::vector<std::unique_ptr<EvidenceSource>>;
  using RegisterUse = absl::FunctionRef<absl::Status(RuntimeRegisters*)>;

  // The names of the devices differ. `caller_data` is the rule for evidence over bytes of a caller.
  explicit Collector(std::unique_ptr<EvidenceSource> primary, Sources devices = {},
                     CallerData caller_data = CallerData::kRaw);

  std::string_view tee() const { return tee_; }
  // Whether CollectRaw answers at once. Nothing else is then asked that would keep it waiting.
  bool instant() const { return devices_.empty() && primary_->instant(); }
  // The broker's words for the devices beside the platform.
  const std::vector<std::string>& device_tees() const { return device_tees_; }
  // Whether evidence could be made now (EvidenceSource::Check), of the platform and each device.
  absl::Status Check(base::Deadline deadline);
  // Evidence bound to a handshake: that of the devices to DeviceDigest, and that of the platform to
  // PrimaryDigest with the devices' evidence in it.
  absl::StatusOr<CompositeEvidence> CollectFor(const RuntimeData& runtime_data,
                                               base::HashAlgorithm hash, base::Deadline deadline);
  // The platform's evidence alone, bound to DeviceDigest: KBS protocols before 0.4.0.
  absl::StatusOr<Evidence> CollectPlainFor(const RuntimeData& runtime_data,
                                           base::HashAlgorithm hash, base::Deadline deadline);
  // Evidence bound to bytes of a caller's own by BindCallerData; InvalidArgument over the limit.
  absl::StatusOr<Evidence> CollectRaw(base::ByteView report_data, base::Deadline deadline);
  // JSON text {"tee": evidence, ...} of the devices, "" without devices. InvalidArgument over the
  // limit of one of them.
  absl::StatusOr<std::string> CollectDevices(base::ByteView report_data, base::Deadline deadline);

  // Hands the platform's registers to `use`, or null where it has none; its status.
  absl::Status UseRegisters(base::Deadline deadline, RegisterUse use);
  // EvidenceSource::BindInitData.
  absl::Status BindInitData(base::ByteView digest, base::Deadline deadline);

 private:
  class DeviceTurn;
  absl::StatusOr<Evidence> Collect(const ReportData& report_data, base::Deadline deadline);
  absl::StatusOr<std::string> CollectEach(const ReportData& report_data, base::Deadline deadline);

  const std::unique_ptr<EvidenceSource> primary_;
  const Sources devices_;
  const CallerData caller_data_;
  const std::string tee_;
  const std::vector<std::string> device_tees_;
  // Waiting for the device counts against the caller's deadline, so that it is a flag to wait for
  // and not a lock to take.
  base::Monitor monitor_;
  bool device_busy_ ABSL_GUARDED_BY(monitor_) = false;
};

}  // namespace attestd::evidence

#endif  // ATTESTD_EVIDENCE_COLLECTOR_H_
