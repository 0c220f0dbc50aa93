// SPDX-License-Identifier: Apache-2.0
#include "agent/attestation_service.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/json.h"

namespace attestd::agent {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// Answers at once: nothing to wait for.
ServerUnaryReactor* Answer(CallbackServerContext* context, const grpc::Status& status) {
  ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

ServerUnaryReactor* NotBuilt(CallbackServerContext* context, const std::string& what) {
  return Answer(context, {grpc::StatusCode::UNIMPLEMENTED,
                          what + " is not supported by this version of attestd"});
}

}  // namespace

ServerUnaryReactor* AttestationService::GetEvidence(
    CallbackServerContext* context, const attestation_agent::GetEvidenceRequest* request,
    attestation_agent::GetEvidenceResponse* response) {
  return calls_.Run(
      context, "GetEvidence", [this, request, response](base::Deadline deadline) -> absl::Status {
        ASSIGN_OR_RETURN(evidence::Evidence evidence,
                         collector_.CollectRaw(base::AsBytes(request->runtimedata()), deadline));
        response->set_evidence(std::move(evidence.json));
        return absl::OkStatus();
      });
}

ServerUnaryReactor* AttestationService::GetToken(CallbackServerContext* context,
                                                 const attestation_agent::GetTokenRequest* request,
                                                 attestation_agent::GetTokenResponse* response) {
  if (request->tokentype() != "kbs") {
    return Answer(context, {grpc::StatusCode::INVALID_ARGUMENT,
                            "request: the only token type of this version is \"kbs\""});
  }
  return calls_.Run(context, "GetToken", [this, response](base::Deadline deadline) -> absl::Status {
    ASSIGN_OR_RETURN(kbs::KbsClient * client, brokers_.Select(""));
    ASSIGN_OR_RETURN(const std::string token, client->GetToken(deadline));
    ASSIGN_OR_RETURN(*response->mutable_token(), base::DumpJson({{"token", token}}));
    return absl::OkStatus();
  });
}

ServerUnaryReactor* AttestationService::GetTeeType(
    CallbackServerContext* context, const attestation_agent::GetTeeTypeRequest* /*request*/,
    attestation_agent::GetTeeTypeResponse* response) {
  response->set_tee(std::string(collector_.tee()));
  return Answer(context, grpc::Status::OK);
}

ServerUnaryReactor* AttestationService::GetAdditionalTees(
    CallbackServerContext* context, const attestation_agent::GetAdditionalTeesRequest* /*request*/,
    attestation_agent::GetAdditionalTeesResponse* /*response*/) {
  return Answer(context, grpc::Status::OK);
}

ServerUnaryReactor* AttestationService::GetAdditionalEvidence(
    CallbackServerContext* context,
    const attestation_agent::GetAdditionalEvidenceRequest* /*request*/,
    attestation_agent::GetEvidenceResponse* /*response*/) {
  return NotBuilt(context, "GetAdditionalEvidence");
}

ServerUnaryReactor* AttestationService::ExtendRuntimeMeasurement(
    CallbackServerContext* context,
    const attestation_agent::ExtendRuntimeMeasurementRequest* /*request*/,
    attestation_agent::ExtendRuntimeMeasurementResponse* /*response*/) {
  return NotBuilt(context, "ExtendRuntimeMeasurement");
}

ServerUnaryReactor* AttestationService::BindInitData(
    CallbackServerContext* context, const attestation_agent::BindInitDataRequest* /*request*/,
    attestation_agent::BindInitDataResponse* /*response*/) {
  return NotBuilt(context, "BindInitData");
}

}  // namespace attestd::agent
