// SPDX-License-Identifier: Apache-2.0
#include "agent/wiring.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/attestation_service.h"
#include "agent/broker_set.h"
#include "agent/call.h"
#include "agent/init_data.h"
#include "agent/measurements.h"
#include "agent/readiness.h"
#include "agent/resource_service.h"
#include "agent/server.h"
#include "agent/status_service.h"
#include "agent/status_table.h"
#include "agent/unix_listener.h"
#include "agent/worker_pool.h"
#include "base/http_curl.h"
#include "base/log.h"
#include "evidence/collector.h"
#include "tee/detect.h"

namespace attestd::agent {
namespace {

// Each worker holds at most one connection to a broker.
constexpr size_t kMaxWorkers = 16;
constexpr size_t kMaxWaiting = 2048;
constexpr absl::Duration kCheckTime = absl::Seconds(10);

// Services whose health follows the device; "" is the server as a whole.
std::vector<std::string> HealthNames() {
  return {"", api::GetResourceService::service_full_name(),
          attestation_agent::AttestationAgentService::service_full_name()};
}

absl::StatusOr<std::vector<UnixListener>> Listen(const Config& config) {
  std::vector<UnixListener> listeners;
  for (const ListenerConfig& listener : config.listeners) {
    ASSIGN_OR_RETURN(UnixListener socket, UnixListener::Create(listener.path, listener.mode));
    listeners.push_back(std::move(socket));
  }
  return listeners;
}

absl::StatusOr<std::vector<Broker>> MakeBrokers(const Config& config,
                                                const std::optional<evidence::InitData>& init_data,
                                                evidence::Collector& collector) {
  std::vector<Broker> brokers;
  for (const BrokerConfig& broker : config.brokers) {
    auto transport =
        base::CreateCurlTransport({.ca_file = broker.ca_file, .allow_http = broker.allow_http});
    if (!transport.ok()) {
      return base::Annotate(transport.status(), "[[kbs]] \"" + broker.name + "\"");
    }
    brokers.push_back(
        {.config = broker,
         .client = std::make_unique<kbs::KbsClient>(
             kbs::HandshakeOptions{.url = broker.url,
                                   .init_data = init_data.has_value() ? init_data->text : ""},
             *std::move(transport), collector)});
  }
  return brokers;
}

// The platform and the devices that were chosen.
struct Chosen {
  const tee::Backend* platform;
  std::vector<const tee::Backend*> devices;

  bool fake() const {
    return platform->fake ||
           std::any_of(devices.begin(), devices.end(), [](const auto* d) { return d->fake; });
  }
};

absl::StatusOr<Chosen> Choose(const Config& config, std::span<const tee::Backend> backends) {
  Chosen chosen{};
  ASSIGN_OR_RETURN(chosen.platform,
                   tee::SelectBackend(backends, config.tee.backend, config.backend_settings));
  for (const tee::Backend& backend : backends) {
    const auto& names = config.tee.devices;
    if (backend.device && std::find(names.begin(), names.end(), backend.name) != names.end()) {
      chosen.devices.push_back(&backend);
    }
  }
  return chosen;
}

std::unique_ptr<evidence::Collector> MakeCollector(const Chosen& chosen, const Config& config) {
  const tee::SourceContext context{
      .event_log = config.measurement.enabled ? config.measurement.event_log : ""};
  const auto create = [&](const tee::Backend& backend) {
    return backend.create(tee::SettingsOf(config.backend_settings, backend.name), context);
  };
  evidence::Collector::Sources devices;
  for (const tee::Backend* device : chosen.devices) {
    devices.push_back(create(*device));
  }
  return std::make_unique<evidence::Collector>(create(*chosen.platform), std::move(devices));
}

StatusService::Explain MakeExplain(const Chosen& chosen, const Config& config,
                                   std::span<const tee::Backend> backends) {
  return [choice = tee::Choice{.word = config.tee.backend,
                               .backend = chosen.platform->name,
                               .devices = config.tee.devices},
          settings = config.backend_settings,
          copies = std::vector<tee::Backend>(backends.begin(), backends.end())] {
    return tee::ExplainChoice(copies, choice, settings);
  };
}

// Members are destroyed from the last to the first: the server goes before what it calls.
class RunningAgent : public Agent {
 public:
  struct Parts {
    std::unique_ptr<evidence::Collector> collector;
    std::vector<Broker> brokers;
    MeasurementConfig measurement;
    base::Bytes init_data_digest;  // empty without init data
    StatusService::Explain explain;
    bool fake = false;
  };

  explicit RunningAgent(Parts parts)
      : collector_(std::move(parts.collector)),
        brokers_(std::move(parts.brokers)),
        measurements_(parts.measurement, *collector_),
        init_data_digest_(std::move(parts.init_data_digest)),
        workers_(kMaxWorkers, kMaxWaiting),
        readiness_([this] { return Check(); },
                   [this](const absl::Status& status) { Publish(status); }),
        calls_(workers_, readiness_),
        resources_(calls_, brokers_),
        attestation_(calls_, brokers_, *collector_, measurements_),
        status_({.tee = std::string(collector_->tee()), .sample = parts.fake},
                std::move(parts.explain), brokers_, readiness_, calls_) {}

  RunningAgent(const RunningAgent&) = delete;
  RunningAgent& operator=(const RunningAgent&) = delete;

  absl::Status Serve(std::vector<UnixListener> listeners) {
    const std::array<grpc::Service*, 3> services = {&resources_, &attestation_, &status_};
    ASSIGN_OR_RETURN(auto server, Server::Start(std::move(listeners), services));
    const absl::MutexLock lock(&server_mutex_);
    server_ = std::move(server);
    server_->SetServing(HealthNames(), readiness_.Get().ok());
    return absl::OkStatus();
  }

  ~RunningAgent() override {
    std::unique_ptr<Server> server;
    {
      const absl::MutexLock lock(&server_mutex_);
      server = std::move(server_);
    }
    server.reset();
  }

 private:
  // A log that is not recovered costs measurements, not evidence.
  absl::Status Check() {
    const base::Deadline deadline = base::Deadline::After(kCheckTime);
    absl::Status status = collector_->Check(deadline);
    if (!status.ok()) {
      return status;
    }
    measurements_.Recover(deadline);
    return CheckInitData(deadline);
  }
  // Until the platform has answered: it may take a report, and what is bound stays so until the
  // next boot. Called by the one thread of `readiness_`.
  absl::Status CheckInitData(base::Deadline deadline) {
    if (init_data_digest_.empty()) {
      return init_data_status_;
    }
    absl::Status status = collector_->BindInitData(init_data_digest_, deadline);
    if (absl::IsUnimplemented(status)) {
      // A platform without a place for it, as the samples: the broker is the judge.
      status = absl::OkStatus();
    }
    if (status.ok() || base::GetReason(status) == base::Reason::kInitDataUnbound) {
      init_data_digest_.clear();
      init_data_status_ = status;
    }
    return status;
  }
  void Publish(const absl::Status& status) {
    if (status.ok()) {
      base::Log(base::Severity::kNotice, "ready", {{"tee", std::string(collector_->tee())}});
    } else {
      base::Log(base::Severity::kWarning, "not ready", {{"cause", base::StatusText(status)}});
    }
    const absl::MutexLock lock(&server_mutex_);
    if (server_ != nullptr) {
      server_->SetServing(HealthNames(), status.ok());
    }
  }

  const std::unique_ptr<evidence::Collector> collector_;
  const BrokerSet brokers_;
  Measurements measurements_;
  base::Bytes init_data_digest_;  // empty when there is nothing to ask
  absl::Status init_data_status_;
  absl::Mutex server_mutex_;
  std::unique_ptr<Server> server_ ABSL_GUARDED_BY(server_mutex_);
  WorkerPool workers_;
  Readiness readiness_;
  CallRunner calls_;
  ResourceService resources_;
  AttestationService attestation_;
  StatusService status_;
};

void WarnOfFake(const std::string& key, const tee::Backend& backend) {
  if (backend.fake) {
    base::Log(base::Severity::kWarning, "SAMPLE EVIDENCE: " + key + " \"" + backend.name +
                                            "\" proves nothing; allowed by allow_sample = true");
  }
}

void LogStart(const Chosen& chosen, const Config& config) {
  base::Log(base::Severity::kNotice, "listening",
            {{"version", ATTESTD_VERSION},
             {"backend", chosen.platform->name},
             {"socket", config.listeners.front().path}});
  WarnOfFake("backend", *chosen.platform);
  for (const tee::Backend* device : chosen.devices) {
    WarnOfFake("device", *device);
  }
  for (const BrokerConfig& broker : config.brokers) {
    if (broker.allow_http) {
      base::Log(base::Severity::kWarning,
                "PLAIN HTTP is allowed to this broker; anyone on the path can forge secrets",
                {{"kbs", broker.name}});
    }
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> StartAgent(const Config& config,
                                                  std::span<const tee::Backend> backends) {
  ASSIGN_OR_RETURN(std::vector<UnixListener> listeners, Listen(config));
  ASSIGN_OR_RETURN(const Chosen chosen, Choose(config, backends));
  std::unique_ptr<evidence::Collector> collector = MakeCollector(chosen, config);
  ASSIGN_OR_RETURN(const std::optional<evidence::InitData> init_data,
                   LoadInitData(config.init_data));
  ASSIGN_OR_RETURN(std::vector<Broker> brokers, MakeBrokers(config, init_data, *collector));
  auto agent = std::make_unique<RunningAgent>(RunningAgent::Parts{
      .collector = std::move(collector),
      .brokers = std::move(brokers),
      .measurement = config.measurement,
      .init_data_digest = init_data.has_value() ? init_data->digest : base::Bytes(),
      .explain = MakeExplain(chosen, config, backends),
      .fake = chosen.fake()});
  RETURN_IF_ERROR(agent->Serve(std::move(listeners)));
  LogStart(chosen, config);
  return agent;
  // The analyzer loses sight of std::function. NOLINTNEXTLINE(clang-analyzer-cplusplus.*)
}

}  // namespace attestd::agent
