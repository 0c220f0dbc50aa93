// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_ATTESTATION_SERVICE_H_
#define ATTESTD_AGENT_ATTESTATION_SERVICE_H_

#include "agent/broker_set.h"
#include "agent/call.h"
#include "agent/measurements.h"
#include "evidence/collector.h"
#include "proto/attestation_agent.grpc.pb.h"

namespace attestd::agent {

// attestation_agent.AttestationAgentService over gRPC.
class AttestationService final
    : public attestation_agent::AttestationAgentService::CallbackService {
 public:
  AttestationService(CallRunner& calls, const CurrentBrokers& brokers,
                     evidence::Collector& collector, Measurements& measurements)
      : calls_(calls), brokers_(brokers), collector_(collector), measurements_(measurements) {}

  grpc::ServerUnaryReactor* GetEvidence(grpc::CallbackServerContext* context,
                                        const attestation_agent::GetEvidenceRequest* request,
                                        attestation_agent::GetEvidenceResponse* response) override;
  grpc::ServerUnaryReactor* GetToken(grpc::CallbackServerContext* context,
                                     const attestation_agent::GetTokenRequest* request,
                                     attestation_agent::GetTokenResponse* response) override;
  grpc::ServerUnaryReactor* GetTeeType(grpc::CallbackServerContext* context,
                                       const attestation_agent::GetTeeTypeRequest* request,
                                       attestation_agent::GetTeeTypeResponse* response) override;
  grpc::ServerUnaryReactor* GetAdditionalTees(
      grpc::CallbackServerContext* context,
      const attestation_agent::GetAdditionalTeesRequest* request,
      attestation_agent::GetAdditionalTeesResponse* response) override;

  grpc::ServerUnaryReactor* GetAdditionalEvidence(
      grpc::CallbackServerContext* context,
      const attestation_agent::GetAdditionalEvidenceRequest* request,
      attestation_agent::GetEvidenceResponse* response) override;
  grpc::ServerUnaryReactor* ExtendRuntimeMeasurement(
      grpc::CallbackServerContext* context,
      const attestation_agent::ExtendRuntimeMeasurementRequest* request,
      attestation_agent::ExtendRuntimeMeasurementResponse* response) override;
  grpc::ServerUnaryReactor* BindInitData(
      grpc::CallbackServerContext* context, const attestation_agent::BindInitDataRequest* request,
      attestation_agent::BindInitDataResponse* response) override;

 private:
  CallRunner& calls_;
  const CurrentBrokers& brokers_;
  evidence::Collector& collector_;
  Measurements& measurements_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_ATTESTATION_SERVICE_H_
