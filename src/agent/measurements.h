// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_MEASUREMENTS_H_
#define ATTESTD_AGENT_MEASUREMENTS_H_

#include <cstdint>
#include <optional>

#include "agent/config.h"
#include "agent/token_bucket.h"
#include "base/deadline.h"
#include "base/status.h"
#include "eventlog/aael.h"
#include "eventlog/measurement_log.h"
#include "evidence/collector.h"

namespace attestd::agent {

// Events that workloads measure into the platform's registers, with their log.
class Measurements {
 public:
  enum class Result { kDone, kNotSupported, kNotEnabled };

  Measurements(const MeasurementConfig& config, evidence::Collector& collector);

  // Logs the event and extends the register, by default that of the configuration. kNotEnabled by
  // the configuration, kNotSupported where the platform has no registers. Errors are those of
  // MeasurementLog::Extend, and ResourceExhausted with Reason::kRateLimited after 100 events at
  // once or beyond 10 a second.
  absl::StatusOr<Result> Extend(const eventlog::RuntimeEvent& event, std::optional<uint64_t> pcr,
                                base::Deadline deadline);
  // Finishes what a crash left, before evidence carries the log. What fails is logged; Extend tries
  // again.
  void Recover(base::Deadline deadline);

 private:
  const uint64_t default_pcr_;
  evidence::Collector& collector_;
  TokenBucket bucket_;
  // Nothing when not enabled. Used under the Collector's turn only.
  std::optional<eventlog::MeasurementLog> log_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_MEASUREMENTS_H_
