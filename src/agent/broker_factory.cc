// SPDX-License-Identifier: Apache-2.0
#include "agent/broker_factory.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/http_curl.h"
#include "kbs_client/kbs_client.h"
#include "kbs_client/negotiator.h"
#include "kbs_client/offline_broker.h"

namespace attestd::agent {
namespace {

constexpr size_t kMaxFile = size_t{4} << 20;
// A caller who leaves after so long without an answer counts against the broker.
constexpr absl::Duration kPatience = absl::Seconds(5);
// A broker may fetch collateral before it answers /attest.
constexpr absl::Duration kStallLimit = absl::Seconds(20);

// A digest over the files that a broker names: whether any of them has changed.
absl::StatusOr<std::string> DigestOfFiles(const BrokerConfig& config) {
  std::vector<std::string> paths = {config.ca_file, config.client_cert_file, config.client_key_file,
                                    config.proxy_ca_file, config.proxy_credentials_file};
  paths.insert(paths.end(), config.files.begin(), config.files.end());
  std::string digests;
  for (const std::string& path : paths) {
    if (path.empty()) {
      continue;
    }
    ASSIGN_OR_RETURN(const base::Secret content, base::ReadSecretFile(path, kMaxFile));
    ASSIGN_OR_RETURN(const base::Bytes digest,
                     base::Hash(base::HashAlgorithm::kSha256, content.view()));
    digests += base::HexEncode(digest);
  }
  return digests;
}

base::CurlOptions TransportOptions(const BrokerConfig& config, base::IoLoop& loop) {
  return {.ca_file = config.ca_file,
          .allow_http = config.allow_http,
          .allow_loopback = config.allow_loopback,
          .pins = config.pins,
          .client_cert_file = config.client_cert_file,
          .client_key_file = config.client_key_file,
          .proxy = {.url = config.proxy,
                    .ca_file = config.proxy_ca_file,
                    .credentials_file = config.proxy_credentials_file},
          .stall_limit = kStallLimit,
          .loop = &loop};
}

absl::StatusOr<std::unique_ptr<kbs::Broker>> MakeOffline(const BrokerConfig& config) {
  auto broker = std::make_unique<kbs::OfflineBroker>();
  for (const std::string& path : config.files) {
    ASSIGN_OR_RETURN(const base::Secret text, base::ReadSecretFile(path, kMaxFile));
    RETURN_IF_ERROR(base::Annotate(broker->Add(base::AsText(text.view())), path));
  }
  return broker;
}

class Factory {
 public:
  Factory(const Config& config, const BrokerContext& context, const BrokerSet* before)
      : config_(config), context_(context), before_(before) {}

  absl::StatusOr<BrokerSet> Make() {
    std::vector<ConfiguredBroker> brokers;
    for (const BrokerConfig& config : config_.brokers) {
      // Lanes begin behind that of work which asks no broker.
      const int lane = static_cast<int>(brokers.size()) + 1;
      auto broker = MakeOne(config, lane);
      if (!broker.ok()) {
        return base::Annotate(broker.status(), "[[kbs]] \"" + config.name + "\"");
      }
      brokers.push_back(*std::move(broker));
    }
    return BrokerSet(std::move(brokers), config_.failover);
  }

 private:
  absl::StatusOr<ConfiguredBroker> MakeOne(const BrokerConfig& config, int lane) {
    ConfiguredBroker made{.config = config, .files = {}, .broker = nullptr, .lane = lane};
    ASSIGN_OR_RETURN(made.files, DigestOfFiles(config));
    made.broker = TakeOver(made);
    if (made.broker != nullptr) {
      return made;
    }
    if (config.kind == BrokerConfig::Kind::kOfflineFs) {
      ASSIGN_OR_RETURN(made.broker, MakeOffline(config));
      return made;
    }
    ASSIGN_OR_RETURN(std::shared_ptr<base::HttpTransport> transport,
                     base::CreateCurlTransport(TransportOptions(config, context_.loop)));
    ASSIGN_OR_RETURN(auto sessions, Sessions(config, transport));
    std::shared_ptr<kbs::SessionKeeper> exported;
    if (config.export_tee_key) {
      ASSIGN_OR_RETURN(exported, Sessions(config, transport));
    }
    const absl::Duration hedge = config_.failover.hedge_after;
    const bool passport = !config.passport_from.empty();
    made.broker = std::make_shared<kbs::KbsClient>(
        kbs::KbsClientOptions{.url = config.url,
                              .credential = config.bearer || passport ? kbs::Credential::kBearer
                                                                      : kbs::Credential::kCookie,
                              .breaker = {},
                              .patience = std::min(hedge, kPatience)},
        std::move(transport), std::move(sessions), kbs::SecureRandom, std::move(exported));
    return made;
  }

  // Never with passports: their sessions are another broker's, which may be a new one.
  std::shared_ptr<kbs::Broker> TakeOver(const ConfiguredBroker& wanted) const {
    if (before_ == nullptr || !wanted.config.passport_from.empty() ||
        !(before_->failover() == config_.failover)) {
      return nullptr;
    }
    for (const ConfiguredBroker& old : before_->all()) {
      if (old.config == wanted.config && old.files == wanted.files) {
        return old.broker;
      }
    }
    return nullptr;
  }

  absl::StatusOr<std::shared_ptr<kbs::SessionKeeper>> Sessions(
      const BrokerConfig& config, const std::shared_ptr<base::HttpTransport>& transport) {
    if (config.passport_from.empty()) {
      return MakeSessions(config, transport);
    }
    for (const BrokerConfig& issuer : config_.brokers) {
      if (issuer.name == config.passport_from) {
        ASSIGN_OR_RETURN(std::shared_ptr<base::HttpTransport> to_issuer,
                         base::CreateCurlTransport(TransportOptions(issuer, context_.loop)));
        return MakeSessions(issuer, to_issuer);
      }
    }
    return absl::InternalError("the issuer of the passport is not configured");
  }

  std::shared_ptr<kbs::SessionKeeper> MakeSessions(
      const BrokerConfig& config, std::shared_ptr<base::HttpTransport> transport) const {
    auto negotiator =
        std::make_shared<kbs::Negotiator>(kbs::NegotiatorOptions{.url = config.url,
                                                                 .protocols = config.protocols,
                                                                 .key = config.tee_key,
                                                                 .init_data = context_.init_data},
                                          std::move(transport), context_.collector);
    return std::make_shared<kbs::SessionKeeper>(
        [negotiator](const base::CallContext& call) { return negotiator->Attest(call); },
        kbs::SecureRandom);
  }

  const Config& config_;
  const BrokerContext& context_;
  const BrokerSet* before_;
};

}  // namespace

absl::StatusOr<BrokerSet> MakeBrokers(const Config& config, const BrokerContext& context,
                                      const BrokerSet* before) {
  return Factory(config, context, before).Make();
}

}  // namespace attestd::agent
