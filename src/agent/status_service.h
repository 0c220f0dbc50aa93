// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_STATUS_SERVICE_H_
#define ATTESTD_AGENT_STATUS_SERVICE_H_

#include <functional>
#include <string>
#include <vector>

#include "agent/broker_set.h"
#include "agent/call.h"
#include "agent/readiness.h"
#include "base/deadline.h"
#include "base/method.h"
#include "tee/detect.h"

namespace attestd::v1 {
class GetDetectionResponse;
class GetStatusResponse;
}  // namespace attestd::v1

namespace attestd::agent {

// attestd.v1.StatusService: what `attestctl status` and `attestctl tee --explain` show.
class StatusService {
 public:
  struct Facts {
    std::string tee;
    bool sample = false;
  };
  using Explain = std::function<std::vector<tee::Detected>()>;
  // `explain` runs the probes.
  StatusService(Facts facts, Explain explain, const CurrentBrokers& brokers,
                const Readiness& readiness, CallRunner& calls);

  // Its methods live no longer than it.
  void AddTo(base::MethodTable& methods);

 private:
  attestd::v1::GetStatusResponse GetStatus() const;
  attestd::v1::GetDetectionResponse GetDetection() const;

  const Facts facts_;
  const Explain explain_;
  const CurrentBrokers& brokers_;
  const Readiness& readiness_;
  CallRunner& calls_;
  const absl::Duration started_ = base::BootTime();
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_STATUS_SERVICE_H_
