// SPDX-License-Identifier: Apache-2.0
#include "evidence/collector.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"

namespace attestd::evidence {

// The right to use the device, given back at the end.
class Collector::DeviceTurn {
 public:
  // DeadlineExceeded when the device stays busy.
  static absl::StatusOr<DeviceTurn> Take(Collector& collector, base::Deadline deadline) {
    const base::MonitorLock lock(collector.monitor_);
    const auto is_free = [&collector]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(collector.monitor_) {
      return !collector.device_busy_;
    };
    if (!collector.monitor_.Await(deadline, is_free) || deadline.Expired()) {
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
      const base::MonitorLock lock(collector_->monitor_);
      collector_->device_busy_ = false;
      collector_->monitor_.NotifyAll();
    }
  }

 private:
  explicit DeviceTurn(Collector* collector) : collector_(collector) {}
  Collector* collector_;
};

namespace {

std::vector<std::string> TeesOf(const Collector::Sources& sources) {
  std::vector<std::string> tees;
  for (const auto& source : sources) {
    tees.emplace_back(source->tee());
  }
  return tees;
}

}  // namespace

Collector::Collector(std::unique_ptr<EvidenceSource> primary, Sources devices,
                     CallerData caller_data)
    : primary_(std::move(primary)),
      devices_(std::move(devices)),
      caller_data_(caller_data),
      tee_(primary_->tee()),
      device_tees_(TeesOf(devices_)) {}

absl::Status Collector::Check(base::Deadline deadline) {
  ASSIGN_OR_RETURN(const DeviceTurn turn, DeviceTurn::Take(*this, deadline));
  RETURN_IF_ERROR(primary_->Check());
  for (const auto& device : devices_) {
    RETURN_IF_ERROR(base::Annotate(device->Check(), "device " + std::string(device->tee())));
  }
  return absl::OkStatus();
}

absl::StatusOr<Evidence> Collector::Collect(const ReportData& report_data,
                                            base::Deadline deadline) {
  ASSIGN_OR_RETURN(const DeviceTurn turn, DeviceTurn::Take(*this, deadline));
  return primary_->Collect(report_data, deadline);
}

absl::StatusOr<std::string> Collector::CollectEach(const ReportData& report_data,
                                                   base::Deadline deadline) {
  if (devices_.empty()) {
    return std::string();
  }
  ASSIGN_OR_RETURN(const DeviceTurn turn, DeviceTurn::Take(*this, deadline));
  std::string json;
  for (const auto& device : devices_) {
    const absl::StatusOr<Evidence> evidence = device->Collect(report_data, deadline);
    if (!evidence.ok()) {
      return base::Annotate(evidence.status(), "device " + std::string(device->tee()));
    }
    ASSIGN_OR_RETURN(const std::string name, base::DumpJson(std::string(device->tee())));
    json.append(json.empty() ? "{" : ",").append(name).append(":").append(evidence->json);
  }
  return json + "}";
}

absl::StatusOr<CompositeEvidence> Collector::CollectFor(const RuntimeData& runtime_data,
                                                        base::HashAlgorithm hash,
                                                        base::Deadline deadline) {
  ASSIGN_OR_RETURN(const base::Bytes device_digest, runtime_data.DeviceDigest(hash));
  ASSIGN_OR_RETURN(const ReportData device_data, ReportData::Create(device_digest));
  ASSIGN_OR_RETURN(std::string additional, CollectEach(device_data, deadline));
  ASSIGN_OR_RETURN(const base::Bytes digest, runtime_data.PrimaryDigest(hash, additional));
  ASSIGN_OR_RETURN(const ReportData report_data, ReportData::Create(digest));
  ASSIGN_OR_RETURN(Evidence primary, Collect(report_data, deadline));
  return CompositeEvidence{.primary = std::move(primary), .additional = std::move(additional)};
}

absl::StatusOr<Evidence> Collector::CollectPlainFor(const RuntimeData& runtime_data,
                                                    base::HashAlgorithm hash,
                                                    base::Deadline deadline) {
  ASSIGN_OR_RETURN(const base::Bytes digest, runtime_data.DeviceDigest(hash));
  ASSIGN_OR_RETURN(const ReportData report_data, ReportData::Create(digest));
  return Collect(report_data, deadline);
}

absl::StatusOr<Evidence> Collector::CollectRaw(base::ByteView report_data,
                                               base::Deadline deadline) {
  absl::StatusOr<ReportData> bound =
      BindCallerData(caller_data_, report_data, primary_->report_data_limit());
  if (!bound.ok()) {
    return base::Annotate(bound.status(), tee_);
  }
  return Collect(*bound, deadline);
}

absl::StatusOr<std::string> Collector::CollectDevices(base::ByteView report_data,
                                                      base::Deadline deadline) {
  if (devices_.empty()) {
    return std::string();
  }
  const EvidenceSource& least = **std::min_element(
      devices_.begin(), devices_.end(),
      [](const auto& a, const auto& b) { return a->report_data_limit() < b->report_data_limit(); });
  const absl::StatusOr<ReportData> bound =
      BindCallerData(caller_data_, report_data, least.report_data_limit());
  if (!bound.ok()) {
    return base::Annotate(bound.status(), "device " + std::string(least.tee()));
  }
  return CollectEach(*bound, deadline);
}

absl::Status Collector::UseRegisters(base::Deadline deadline, RegisterUse use) {
  ASSIGN_OR_RETURN(const DeviceTurn turn, DeviceTurn::Take(*this, deadline));
  return use(primary_->registers());
}

absl::Status Collector::BindInitData(base::ByteView digest, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const DeviceTurn turn, DeviceTurn::Take(*this, deadline));
  return primary_->BindInitData(digest, deadline);
}

}  // namespace attestd::evidence
