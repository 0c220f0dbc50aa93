// SPDX-License-Identifier: Apache-2.0
#include "agent/measurements.h"

#include <absl/strings/str_cat.h>

#include "base/log.h"

namespace attestd::agent {
namespace {

// A workload measures a few images at its start. What is over that would fill the log, which never
// shrinks, and hold the TPM.
constexpr double kBurst = 100;
constexpr double kPerSecond = 10;

}  // namespace

Measurements::Measurements(const MeasurementConfig& config, evidence::Collector& collector)
    : default_pcr_(config.default_pcr),
      collector_(collector),
      bucket_(kBurst, kPerSecond, base::BootTime()) {
  if (config.enabled) {
    log_.emplace(eventlog::MakeLogFiles(config.event_log));
  }
}

absl::StatusOr<Measurements::Result> Measurements::Extend(const eventlog::RuntimeEvent& event,
                                                          std::optional<uint64_t> pcr,
                                                          base::Deadline deadline) {
  if (!log_.has_value()) {
    return Result::kNotEnabled;
  }
  Result result = Result::kDone;
  RETURN_IF_ERROR(
      collector_.UseRegisters(deadline, [&](evidence::RuntimeRegisters* registers) -> absl::Status {
        if (registers == nullptr) {
          result = Result::kNotSupported;
          return absl::OkStatus();
        }
        if (!bucket_.Take(base::BootTime())) {
          return base::MakeStatus(
              absl::StatusCode::kResourceExhausted, base::Reason::kRateLimited,
              absl::StrCat("more than ", kBurst, " run-time events at once, or ", kPerSecond,
                           " a second"));
        }
        return log_->Extend(*registers, pcr.value_or(default_pcr_), event, deadline);
      }));
  return result;
}

void Measurements::Recover(base::Deadline deadline) {
  if (!log_.has_value()) {
    return;
  }
  const absl::Status status =
      collector_.UseRegisters(deadline, [&](evidence::RuntimeRegisters* registers) {
        return registers == nullptr ? absl::OkStatus() : log_->Recover(*registers, deadline);
      });
  if (!status.ok()) {
    base::Log(base::Severity::kWarning, "run-time measurements: the log is not recovered",
              {{"cause", base::StatusText(status)}});
  }
}

}  // namespace attestd::agent
