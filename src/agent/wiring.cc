// SPDX-License-Identifier: Apache-2.0
#include "agent/wiring.h"

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/admin_service.h"
#include "agent/allowed_secrets.h"
#include "agent/attestation_service.h"
#include "agent/audit.h"
#include "agent/broker_factory.h"
#include "agent/broker_set.h"
#include "agent/call.h"
#include "agent/call_gate.h"
#include "agent/chosen_tee.h"
#include "agent/coco_as.h"
#include "agent/credential_files.h"
#include "agent/current_policy.h"
#include "agent/init_data.h"
#include "agent/init_data_binding.h"
#include "agent/listening_socket.h"
#include "agent/measurements.h"
#include "agent/mount_service.h"
#include "agent/readiness.h"
#include "agent/reception.h"
#include "agent/resource_flights.h"
#include "agent/resource_service.h"
#include "agent/sandbox_rules.h"
#include "agent/sealed_service.h"
#include "agent/self_check.h"
#include "agent/server.h"
#include "agent/start_log.h"
#include "agent/status_service.h"
#include "agent/status_table.h"
#include "agent/worker_pool.h"
#include "base/alarm.h"
#include "base/io_loop.h"
#include "base/log.h"
#include "evidence/collector.h"
#include "tee/detect.h"

namespace attestd::agent {
namespace {

// For devices, and for tokens from brokers; what hangs in one lane leaves two to the others.
constexpr WorkerPool::Limits kWorkers = {.threads = 8, .threads_per_lane = 6, .waiting = 2048};
// They read the brokers' answers and decrypt them. On two processors a second one costs more in
// wakes than it saves.
int IoThreads() { return std::thread::hardware_concurrency() < 4 ? 1 : 2; }
constexpr absl::Duration kCheckTime = absl::Seconds(10);

// Services whose health follows the device; "" is the server as a whole.
std::vector<std::string> HealthNames() { return {"", kResourceService, kAttestationService}; }

absl::StatusOr<std::vector<Server::Listener>> Listen(const Config& config) {
  std::vector<Server::Listener> listeners;
  for (const ListenerConfig& listener : config.listeners) {
    ASSIGN_OR_RETURN(std::vector<ListeningSocket> sockets, ListeningSocket::Open(listener));
    if (!listener.address.empty()) {
      base::Log(base::Severity::kWarning,
                "every program of this network namespace may ask at this address",
                {{"address", listener.address}, {"principal", listener.access.principal}});
    }
    for (ListeningSocket& socket : sockets) {
      listeners.push_back({.socket = std::move(socket),
                           .service = listener.service,
                           .access = listener.access,
                           .allow_silent = listener.allow_silent});
    }
  }
  return listeners;
}

// Members are destroyed from the last to the first: the server goes before what it calls.
class RunningAgent : public Agent {
 public:
  struct Parts {
    const Config& config;  // outlives the constructor
    std::unique_ptr<base::IoLoop> loop;
    std::unique_ptr<evidence::Collector> collector;
    BrokerSet brokers;
    LoadConfigAgain load;
    Granted granted;
    std::optional<evidence::InitData> init_data;
    std::unique_ptr<kbs::AsClient> coco_as;
    std::unique_ptr<Audit> audit;
    policy::Policy policy;
    std::unique_ptr<secure_mount::MountHelper> mount_helper;  // may be null
    StatusService::Explain explain;
    bool fake = false;
  };

  explicit RunningAgent(Parts parts)
      : mount_helper_(std::move(parts.mount_helper)),
        loop_(std::move(parts.loop)),
        collector_(std::move(parts.collector)),
        broker_context_({.collector = *collector_,
                         .loop = *loop_,
                         .init_data = parts.init_data ? parts.init_data->text : ""}),
        load_(std::move(parts.load)),
        granted_(std::move(parts.granted)),
        measurements_(parts.config.measurement, *collector_),
        init_data_(*collector_, parts.init_data ? parts.init_data->digest : base::Bytes(),
                   parts.config.init_data.required),
        credential_configs_(parts.config.credentials),
        systemd_(parts.config.systemd),
        coco_as_(std::move(parts.coco_as)),
        audit_(std::move(parts.audit)),
        policy_(std::move(parts.policy)),
        reception_(parts.config.limits, MostConnections(), *audit_),
        gate_(policy_, parts.config.limits, *audit_),
        flights_(brokers_, alarm_, kbs::SecureRandom),
        secrets_(flights_, policy_, *audit_),
        brokers_(std::move(parts.brokers), alarm_),
        workers_(kWorkers),
        readiness_([this] { return Check(); },
                   [this](const absl::Status& status) { Publish(status); }),
        calls_(workers_, alarm_, readiness_),
        resources_(calls_, secrets_, brokers_),
        attestation_(calls_, brokers_, *collector_, measurements_, coco_as_.get()),
        sealed_(calls_, secrets_, {parts.config.unseal, parts.config.key_provider}),
        mounts_(calls_, workers_,
                {secrets_, sealed_.unsealer(), parts.config.secure_mount.key_folder},
                mount_helper_.get()),
        status_({.tee = std::string(collector_->tee()), .sample = parts.fake},
                std::move(parts.explain), brokers_, readiness_, calls_),
        admin_(calls_, policy_, [this] { return Reload(); }) {}

  RunningAgent(const RunningAgent&) = delete;
  RunningAgent& operator=(const RunningAgent&) = delete;

  absl::Status Serve(std::vector<Server::Listener> listeners) {
    base::MethodTable methods;
    resources_.AddTo(methods);
    attestation_.AddTo(methods);
    sealed_.AddTo(methods);
    mounts_.AddTo(methods);
    status_.AddTo(methods);
    admin_.AddTo(methods);
    const std::optional<OwnSocket> own = FindOwnSocket(listeners);
    ASSIGN_OR_RETURN(auto server, Server::Start(std::move(listeners),
                                                {.reception = reception_, .passed = AccessOfPassed},
                                                gate_.Guard(std::move(methods)), systemd_));
    const absl::MutexLock lock(&server_mutex_);
    server_ = std::move(server);
    server_->SetServing(HealthNames(), readiness_.Get().ok());
    credentials_ = std::make_unique<CredentialFiles>(credential_configs_, secrets_);
    watchdog_ = WatchForSystemd(workers_, *loop_, own);
    return absl::OkStatus();
  }

  absl::Status Failure() override { return init_data_.Failure(); }

  absl::Status Reload() override {
    const absl::MutexLock lock(&reload_mutex_);
    absl::StatusOr<Config> config = load_();
    absl::Status usable = config.status();
    usable.Update(config.ok() ? CheckReadable(config->brokers, granted_) : absl::OkStatus());
    absl::StatusOr<BrokerSet> brokers =
        usable.ok() ? MakeBrokers(*config, broker_context_, brokers_.Get().get()) : usable;
    absl::StatusOr<policy::Policy> policy = usable.ok() ? MakePolicy(*config) : usable;
    const absl::Status status = brokers.ok() ? policy.status() : brokers.status();
    if (!status.ok()) {
      base::Log(base::Severity::kError, "reload refused; the old configuration stays",
                {{"cause", base::StatusText(status)}});
      return base::WithReason(status, base::Reason::kConfigRefused);
    }
    policy_.Set(*std::move(policy));
    brokers_.Set(*std::move(brokers));
    WarnOfChoices(config->brokers);
    base::Log(base::Severity::kNotice, "reloaded brokers and policy; anything else takes a restart",
              {{"brokers", std::to_string(config->brokers.size())}});
    return absl::OkStatus();
  }

  ~RunningAgent() override {
    watchdog_.reset();
    std::unique_ptr<Server> server;
    {
      const absl::MutexLock lock(&server_mutex_);
      server = std::move(server_);
    }
    server.reset();
    credentials_.reset();
    flights_.Drain();
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
    return init_data_.Check(deadline);
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

  const std::unique_ptr<secure_mount::MountHelper> mount_helper_;
  const std::unique_ptr<base::IoLoop> loop_;
  const std::unique_ptr<evidence::Collector> collector_;
  const BrokerContext broker_context_;
  const LoadConfigAgain load_;
  const Granted granted_;
  absl::Mutex reload_mutex_;
  Measurements measurements_;
  InitDataBinding init_data_;
  const std::vector<CredentialConfig> credential_configs_;
  const std::vector<SystemdCredential> systemd_;
  const std::unique_ptr<kbs::AsClient> coco_as_;  // may be null
  absl::Mutex server_mutex_;
  std::unique_ptr<Server> server_ ABSL_GUARDED_BY(server_mutex_);
  const std::unique_ptr<Audit> audit_;
  CurrentPolicy policy_;
  Reception reception_;
  CallGate gate_;
  // Before the alarm, which may still look at a flight that has ended, and ends brokers.
  ResourceFlights flights_;
  AllowedSecrets secrets_;
  base::Alarm alarm_;
  CurrentBrokers brokers_;
  WorkerPool workers_;
  Readiness readiness_;
  CallRunner calls_;
  ResourceService resources_;
  AttestationService attestation_;
  SealedService sealed_;
  MountService mounts_;
  StatusService status_;
  AdminService admin_;
  std::unique_ptr<CredentialFiles> credentials_;  // since Serve
  std::unique_ptr<Watchdog> watchdog_;            // since Serve; null when systemd wants none
};

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> StartAgent(const Config& config,
                                                  std::span<const tee::Backend> backends,
                                                  LoadConfigAgain load) {
  // First of all: a process that is started later could be started with secrets in memory.
  ASSIGN_OR_RETURN(std::unique_ptr<secure_mount::MountHelper> mount_helper,
                   MakeMountHelper(config.secure_mount));
  ASSIGN_OR_RETURN(std::unique_ptr<Audit> audit, Audit::Open(config.audit));
  ASSIGN_OR_RETURN(policy::Policy policy, MakePolicy(config));
  ASSIGN_OR_RETURN(std::vector<Server::Listener> listeners, Listen(config));
  // Before the first thread, and before anything is read that the host or the network has written.
  ASSIGN_OR_RETURN(Granted granted, EnterSandbox(config, backends));
  ASSIGN_OR_RETURN(const ChosenTee chosen, ChooseTee(config, backends));
  std::unique_ptr<evidence::Collector> collector = MakeCollector(chosen, config);
  ASSIGN_OR_RETURN(std::optional<evidence::InitData> init_data, LoadInitData(config.init_data));
  ASSIGN_OR_RETURN(std::unique_ptr<base::IoLoop> loop, base::IoLoop::Create(IoThreads()));
  const BrokerContext context{
      .collector = *collector, .loop = *loop, .init_data = init_data ? init_data->text : ""};
  ASSIGN_OR_RETURN(BrokerSet brokers, MakeBrokers(config, context));
  ASSIGN_OR_RETURN(std::unique_ptr<kbs::AsClient> coco_as, MakeAsClient(config.coco_as, context));
  auto agent = std::make_unique<RunningAgent>(
      RunningAgent::Parts{.config = config,
                          .loop = std::move(loop),
                          .collector = std::move(collector),
                          .brokers = std::move(brokers),
                          .load = std::move(load),
                          .granted = std::move(granted),
                          .init_data = std::move(init_data),
                          .coco_as = std::move(coco_as),
                          .audit = std::move(audit),
                          .policy = std::move(policy),
                          .mount_helper = std::move(mount_helper),
                          .explain = MakeExplain(chosen, config, backends),
                          .fake = chosen.fake()});
  RETURN_IF_ERROR(agent->Serve(std::move(listeners)));
  LogStart(chosen, config);
  return agent;
  // The analyzer loses sight of std::function. NOLINTNEXTLINE(clang-analyzer-cplusplus.*)
}

}  // namespace attestd::agent
