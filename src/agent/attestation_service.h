// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_ATTESTATION_SERVICE_H_
#define ATTESTD_AGENT_ATTESTATION_SERVICE_H_

#include "agent/broker_set.h"
#include "agent/call.h"
#include "agent/measurements.h"
#include "base/method.h"
#include "evidence/collector.h"
#include "kbs_client/as_client.h"

namespace attestd::agent {

inline constexpr char kAttestationService[] = "attestation_agent.AttestationAgentService";

// attestation_agent.AttestationAgentService.
class AttestationService {
 public:
  AttestationService(CallRunner& calls, const CurrentBrokers& brokers,
                     evidence::Collector& collector, Measurements& measurements,
                     kbs::AsClient* coco_as)
      : calls_(calls),
        brokers_(brokers),
        collector_(collector),
        measurements_(measurements),
        coco_as_(coco_as) {}

  // Its methods live no longer than it.
  void AddTo(base::MethodTable& methods);

 private:
  base::Method GetEvidence();
  base::Method GetAdditionalEvidence();
  base::Method GetTeeType();
  base::Method GetAdditionalTees();
  base::Method ExtendRuntimeMeasurement();
  base::Method BindInitData();
  void GetToken(base::ByteView request, const Call& call);
  void GetKbsToken(const Call& call);
  void GetCocoAsToken(const Call& call);

  CallRunner& calls_;
  const CurrentBrokers& brokers_;
  evidence::Collector& collector_;
  Measurements& measurements_;
  kbs::AsClient* const coco_as_;  // null: none is configured
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_ATTESTATION_SERVICE_H_
