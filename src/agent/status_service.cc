// SPDX-License-Identifier: Apache-2.0
#include "agent/status_service.h"

#include <utility>

#include "agent/status_table.h"
#include "base/status.h"

namespace attestd::agent {

StatusService::StatusService(Facts facts, Explain explain, const CurrentBrokers& brokers,
                             const Readiness& readiness, CallRunner& calls)
    : facts_(std::move(facts)),
      explain_(std::move(explain)),
      brokers_(brokers),
      readiness_(readiness),
      calls_(calls) {}

grpc::ServerUnaryReactor* StatusService::GetStatus(grpc::CallbackServerContext* context,
                                                   const attestd::v1::GetStatusRequest* /*request*/,
                                                   attestd::v1::GetStatusResponse* response) {
  const absl::Status ready = readiness_.Get();
  response->set_version(ATTESTD_VERSION);
  response->set_tee(facts_.tee);
  response->set_sample(facts_.sample);
  response->set_ready(ready.ok());
  if (!ready.ok()) {
    response->set_not_ready_reason(std::string(PublicText(ready)));
  }
  response->set_uptime_seconds(absl::ToDoubleSeconds(base::BootTime() - started_));
  for (const ConfiguredBroker& broker : brokers_.Get()->all()) {
    const kbs::Broker::State state = broker.broker->GetState();
    attestd::v1::BrokerStatus* status = response->add_brokers();
    status->set_name(broker.config.name);
    status->set_url(broker.config.url);
    status->set_allow_http(broker.config.allow_http);
    status->set_session(state.session);
    status->set_failing(state.failing);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* StatusService::GetDetection(
    grpc::CallbackServerContext* context, const attestd::v1::GetDetectionRequest* /*request*/,
    attestd::v1::GetDetectionResponse* response) {
  return calls_.Run(context, "GetDetection", [this, response](const base::CallContext& /*caller*/) {
    for (const tee::Detected& detected : explain_()) {
      attestd::v1::Probe* probe = response->add_probes();
      probe->set_name(detected.name);
      probe->set_present(detected.probe.present);
      probe->set_seen(detected.probe.seen);
      probe->set_chosen(detected.chosen);
      probe->set_why(detected.why);
    }
    return absl::OkStatus();
  });
}

}  // namespace attestd::agent
