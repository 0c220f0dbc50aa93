// SPDX-License-Identifier: Apache-2.0
#include "agent/attestation_service.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
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

// Digests of SHA-256, SHA-384 and SHA-512; a platform may take fewer bytes.
constexpr size_t kMaxDigestBytes = 64;

attestation_agent::RuntimeMeasurementResult ToProto(Measurements::Result result) {
  switch (result) {
    case Measurements::Result::kDone:
      return attestation_agent::OK;
    case Measurements::Result::kNotSupported:
      return attestation_agent::NOT_SUPPORTED;
    case Measurements::Result::kNotEnabled:
      break;
  }
  return attestation_agent::NOT_ENABLED;
}

}  // namespace

ServerUnaryReactor* AttestationService::GetEvidence(
    CallbackServerContext* context, const attestation_agent::GetEvidenceRequest* request,
    attestation_agent::GetEvidenceResponse* response) {
  return calls_.Run(context, "GetEvidence",
                    [this, request, response](const base::CallContext& caller) -> absl::Status {
                      ASSIGN_OR_RETURN(evidence::Evidence evidence,
                                       collector_.CollectRaw(base::AsBytes(request->runtimedata()),
                                                             caller.deadline));
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
  const std::shared_ptr<const BrokerSet> brokers = brokers_.Get();
  return calls_.Run(
      context, "GetToken",
      [brokers, response](const base::CallContext& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string token, brokers->GetToken(caller));
        ASSIGN_OR_RETURN(*response->mutable_token(), base::DumpJson({{"token", token}}));
        return absl::OkStatus();
      },
      brokers->all().front().lane);
}

ServerUnaryReactor* AttestationService::GetTeeType(
    CallbackServerContext* context, const attestation_agent::GetTeeTypeRequest* /*request*/,
    attestation_agent::GetTeeTypeResponse* response) {
  response->set_tee(std::string(collector_.tee()));
  return Answer(context, grpc::Status::OK);
}

ServerUnaryReactor* AttestationService::GetAdditionalTees(
    CallbackServerContext* context, const attestation_agent::GetAdditionalTeesRequest* /*request*/,
    attestation_agent::GetAdditionalTeesResponse* response) {
  for (const std::string& tee : collector_.device_tees()) {
    response->add_additional_tees(tee);
  }
  return Answer(context, grpc::Status::OK);
}

ServerUnaryReactor* AttestationService::GetAdditionalEvidence(
    CallbackServerContext* context, const attestation_agent::GetAdditionalEvidenceRequest* request,
    attestation_agent::GetEvidenceResponse* response) {
  return calls_.Run(context, "GetAdditionalEvidence",
                    [this, request, response](const base::CallContext& caller) -> absl::Status {
                      ASSIGN_OR_RETURN(*response->mutable_evidence(),
                                       collector_.CollectDevices(
                                           base::AsBytes(request->runtimedata()), caller.deadline));
                      return absl::OkStatus();
                    });
}

ServerUnaryReactor* AttestationService::ExtendRuntimeMeasurement(
    CallbackServerContext* context,
    const attestation_agent::ExtendRuntimeMeasurementRequest* request,
    attestation_agent::ExtendRuntimeMeasurementResponse* response) {
  return calls_.Run(context, "ExtendRuntimeMeasurement",
                    [this, request, response](const base::CallContext& caller) -> absl::Status {
                      const eventlog::RuntimeEvent event{.domain = request->domain(),
                                                         .operation = request->operation(),
                                                         .content = request->content()};
                      std::optional<uint64_t> pcr;
                      if (request->has_registerindex()) {
                        pcr = request->registerindex();
                      }
                      ASSIGN_OR_RETURN(const Measurements::Result result,
                                       measurements_.Extend(event, pcr, caller.deadline));
                      response->set_result(ToProto(result));
                      return absl::OkStatus();
                    });
}

ServerUnaryReactor* AttestationService::BindInitData(
    CallbackServerContext* context, const attestation_agent::BindInitDataRequest* request,
    attestation_agent::BindInitDataResponse* /*response*/) {
  if (request->digest().empty() || request->digest().size() > kMaxDigestBytes) {
    return Answer(context, {grpc::StatusCode::INVALID_ARGUMENT,
                            "request: the digest of the init data has 1 to 64 bytes"});
  }
  return calls_.Run(context, "BindInitData", [this, request](const base::CallContext& caller) {
    return collector_.BindInitData(base::AsBytes(request->digest()), caller.deadline);
  });
}

}  // namespace attestd::agent
