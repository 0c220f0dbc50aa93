// SPDX-License-Identifier: Apache-2.0
#include "agent/status_service.h"

#include <utility>

#include "agent/status_table.h"
#include "agent/typed_method.h"
#include "base/status.h"
#include "proto/attestd.pb.h"

namespace attestd::agent {

using attestd::v1::GetDetectionRequest;
using attestd::v1::GetDetectionResponse;
using attestd::v1::GetStatusRequest;
using attestd::v1::GetStatusResponse;

StatusService::StatusService(Facts facts, Explain explain, const CurrentBrokers& brokers,
                             const Readiness& readiness, CallRunner& calls)
    : facts_(std::move(facts)),
      explain_(std::move(explain)),
      brokers_(brokers),
      readiness_(readiness),
      calls_(calls) {}

void StatusService::AddTo(base::MethodTable& methods) {
  methods["/attestd.v1.StatusService/GetStatus"] =
      InstantMethod<GetStatusRequest, GetStatusResponse>(
          calls_, "GetStatus", [this](const GetStatusRequest& /*request*/) { return GetStatus(); });
  methods["/attestd.v1.StatusService/GetDetection"] =
      BlockingMethod<GetDetectionRequest, GetDetectionResponse>(
          calls_, "GetDetection",
          [this](const GetDetectionRequest& /*request*/, const base::CallContext& /*caller*/) {
            return GetDetection();
          });
}

GetStatusResponse StatusService::GetStatus() const {
  GetStatusResponse response;
  const absl::Status ready = readiness_.Get();
  response.set_version(ATTESTD_VERSION);
  response.set_tee(facts_.tee);
  response.set_sample(facts_.sample);
  response.set_ready(ready.ok());
  if (!ready.ok()) {
    response.set_not_ready_reason(std::string(PublicText(ready)));
  }
  response.set_uptime_seconds(absl::ToDoubleSeconds(base::BootTime() - started_));
  for (const ConfiguredBroker& broker : brokers_.Get()->all()) {
    const kbs::Broker::State state = broker.broker->GetState();
    attestd::v1::BrokerStatus* status = response.add_brokers();
    status->set_name(broker.config.name);
    status->set_url(broker.config.url);
    status->set_allow_http(broker.config.allow_http);
    status->set_session(state.session);
    status->set_failing(state.failing);
  }
  return response;
}

GetDetectionResponse StatusService::GetDetection() const {
  GetDetectionResponse response;
  for (const tee::Detected& detected : explain_()) {
    attestd::v1::Probe* probe = response.add_probes();
    probe->set_name(detected.name);
    probe->set_present(detected.probe.present);
    probe->set_seen(detected.probe.seen);
    probe->set_chosen(detected.chosen);
    probe->set_why(detected.why);
  }
  return response;
}

}  // namespace attestd::agent
