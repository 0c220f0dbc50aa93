// SPDX-License-Identifier: Apache-2.0
#include "agent/attestation_service.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "agent/status_table.h"
#include "agent/token_reply.h"
#include "agent/typed_method.h"
#include "base/json.h"
#include "proto/attestation_agent.pb.h"

namespace attestd::agent {
namespace {

namespace pb = attestation_agent;

// Digests of SHA-256, SHA-384 and SHA-512; a platform may take fewer bytes.
constexpr size_t kMaxDigestBytes = 64;

pb::RuntimeMeasurementResult ToProto(Measurements::Result result) {
  switch (result) {
    case Measurements::Result::kDone:
      return pb::OK;
    case Measurements::Result::kNotSupported:
      return pb::NOT_SUPPORTED;
    case Measurements::Result::kNotEnabled:
      break;
  }
  return pb::NOT_ENABLED;
}

}  // namespace

void AttestationService::AddTo(base::MethodTable& methods) {
  const std::string prefix = "/" + std::string(kAttestationService) + "/";
  methods[prefix + "GetEvidence"] = GetEvidence();
  methods[prefix + "GetAdditionalEvidence"] = GetAdditionalEvidence();
  methods[prefix + "GetTeeType"] = GetTeeType();
  methods[prefix + "GetAdditionalTees"] = GetAdditionalTees();
  methods[prefix + "ExtendRuntimeMeasurement"] = ExtendRuntimeMeasurement();
  methods[prefix + "BindInitData"] = BindInitData();
  methods[prefix + "GetToken"] = [this](base::ByteView request, const base::CallContext& caller,
                                        base::Done done) {
    GetToken(request, {.name = "GetToken", .caller = caller, .done = std::move(done)});
  };
}

base::Method AttestationService::GetEvidence() {
  const auto collect =
      [this](const pb::GetEvidenceRequest& request,
             const base::CallContext& caller) -> absl::StatusOr<pb::GetEvidenceResponse> {
    ASSIGN_OR_RETURN(evidence::Evidence evidence,
                     collector_.CollectRaw(base::AsBytes(request.runtimedata()), caller.deadline));
    pb::GetEvidenceResponse response;
    response.set_evidence(std::move(evidence.json));
    return response;
  };
  if (!collector_.instant()) {
    return BlockingMethod<pb::GetEvidenceRequest, pb::GetEvidenceResponse>(calls_, "GetEvidence",
                                                                           collect);
  }
  return InstantMethod<pb::GetEvidenceRequest, pb::GetEvidenceResponse>(
      calls_, "GetEvidence",
      [collect](const pb::GetEvidenceRequest& request) { return collect(request, {}); });
}

base::Method AttestationService::GetAdditionalEvidence() {
  return BlockingMethod<pb::GetAdditionalEvidenceRequest, pb::GetEvidenceResponse>(
      calls_, "GetAdditionalEvidence",
      [this](const pb::GetAdditionalEvidenceRequest& request,
             const base::CallContext& caller) -> absl::StatusOr<pb::GetEvidenceResponse> {
        pb::GetEvidenceResponse response;
        ASSIGN_OR_RETURN(
            *response.mutable_evidence(),
            collector_.CollectDevices(base::AsBytes(request.runtimedata()), caller.deadline));
        return response;
      });
}

void AttestationService::GetToken(base::ByteView request, const Call& call) {
  pb::GetTokenRequest message;
  if (absl::Status parsed = ParseMessage(request, message); !parsed.ok()) {
    calls_.Answer(call, std::move(parsed));
  } else if (message.tokentype() == "kbs") {
    GetKbsToken(call);
  } else if (message.tokentype() == "coco_as") {
    GetCocoAsToken(call);
  } else {
    calls_.Answer(call, ForCaller(absl::StatusCode::kInvalidArgument,
                                  R"(request: the token type is neither "kbs" nor "coco_as")"));
  }
}

void AttestationService::GetKbsToken(const Call& call) {
  const std::shared_ptr<const BrokerSet> brokers = brokers_.Get();
  calls_.Run(
      call,
      [brokers](const base::CallContext& caller) -> absl::StatusOr<base::Reply> {
        ASSIGN_OR_RETURN(const kbs::Token token, brokers->GetToken(caller));
        return TokenReply(token);
      },
      brokers->all().front().lane);
}

void AttestationService::GetCocoAsToken(const Call& call) {
  if (coco_as_ == nullptr) {
    calls_.Answer(call, ForCaller(absl::StatusCode::kFailedPrecondition,
                                  "request: no attestation service is configured; set url in "
                                  "[coco_as]"));
    return;
  }
  calls_.Run(
      call,
      [this](const base::CallContext& caller) -> absl::StatusOr<base::Reply> {
        pb::GetTokenResponse response;
        ASSIGN_OR_RETURN(*response.mutable_token(), coco_as_->GetToken(caller));
        return SerializeMessage(response);
      },
      kCocoAsLane);
}

base::Method AttestationService::GetTeeType() {
  return InstantMethod<pb::GetTeeTypeRequest, pb::GetTeeTypeResponse>(
      calls_, "GetTeeType", [this](const pb::GetTeeTypeRequest& /*request*/) {
        pb::GetTeeTypeResponse response;
        response.set_tee(std::string(collector_.tee()));
        return response;
      });
}

base::Method AttestationService::GetAdditionalTees() {
  return InstantMethod<pb::GetAdditionalTeesRequest, pb::GetAdditionalTeesResponse>(
      calls_, "GetAdditionalTees", [this](const pb::GetAdditionalTeesRequest& /*request*/) {
        pb::GetAdditionalTeesResponse response;
        for (const std::string& tee : collector_.device_tees()) {
          response.add_additional_tees(tee);
        }
        return response;
      });
}

base::Method AttestationService::ExtendRuntimeMeasurement() {
  return BlockingMethod<pb::ExtendRuntimeMeasurementRequest, pb::ExtendRuntimeMeasurementResponse>(
      calls_, "ExtendRuntimeMeasurement",
      [this](const pb::ExtendRuntimeMeasurementRequest& request, const base::CallContext& caller)
          -> absl::StatusOr<pb::ExtendRuntimeMeasurementResponse> {
        const eventlog::RuntimeEvent event{.domain = request.domain(),
                                           .operation = request.operation(),
                                           .content = request.content()};
        std::optional<uint64_t> pcr;
        if (request.has_registerindex()) {
          pcr = request.registerindex();
        }
        ASSIGN_OR_RETURN(const Measurements::Result result,
                         measurements_.Extend(event, pcr, caller.deadline));
        pb::ExtendRuntimeMeasurementResponse response;
        response.set_result(ToProto(result));
        return response;
      });
}

base::Method AttestationService::BindInitData() {
  return BlockingMethod<pb::BindInitDataRequest, pb::BindInitDataResponse>(
      calls_, "BindInitData",
      [this](const pb::BindInitDataRequest& request,
             const base::CallContext& caller) -> absl::StatusOr<pb::BindInitDataResponse> {
        if (request.digest().empty() || request.digest().size() > kMaxDigestBytes) {
          return ForCaller(absl::StatusCode::kInvalidArgument,
                           "request: the digest of the init data has 1 to 64 bytes");
        }
        RETURN_IF_ERROR(collector_.BindInitData(base::AsBytes(request.digest()), caller.deadline));
        return pb::BindInitDataResponse();
      });
}

}  // namespace attestd::agent
