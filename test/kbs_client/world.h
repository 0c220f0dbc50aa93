// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_KBS_CLIENT_WORLD_H_
#define ATTESTD_TEST_KBS_CLIENT_WORLD_H_

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kbs_client/kbs_client.h"
#include "kbs_client/negotiator.h"
#include "test/fakes/fake_evidence_source.h"
#include "test/fakes/loopback_broker.h"
#include "test/kbs_client/get_resource.h"
#include "test/support/temp_dir.h"

namespace attestd::kbs {

inline base::CallContext Soon() { return {.deadline = base::Deadline::After(absl::Seconds(20))}; }

struct WorldOptions {
  std::string protocol = "0.4.0";  // that the broker speaks
  std::vector<Protocol> spoken = {Protocol::k040, Protocol::k020};
  TeeKeyKind key = TeeKeyKind::kEcP256;
  Credential credential = Credential::kCookie;
  bool export_key = false;
};

// A client, the broker's own logic behind it, and fake evidence.
class World {
 public:
  explicit World(const WorldOptions& wanted = {}) {
    std::filesystem::create_directories(folder_.File("default/test"));
    std::ofstream(folder_.File("default/test/secret")) << "the secret";
    dev_kbs::KbsOptions options;
    options.policy.allowed_tees = {"sample"};
    options.policy.denied_resources = {"default/denied/*"};
    options.resources = folder_.path();
    options.protocol = dev_kbs::FindProtocol(wanted.protocol);
    options.surroundings.now = [this] { return now; };
    kbs_ = *dev_kbs::KbsService::Create(std::move(options));
    auto transport = std::make_shared<fakes::LoopbackBroker>(*kbs_);
    broker = transport.get();
    auto source = std::make_unique<fakes::FakeEvidenceSource>();
    evidence = source.get();
    collector_ = std::make_unique<evidence::Collector>(std::move(source));
    const std::string url = "https://kbs.test";
    auto negotiator = std::make_shared<Negotiator>(
        NegotiatorOptions{.url = url, .protocols = wanted.spoken, .key = wanted.key}, transport,
        *collector_);
    const auto keep = [negotiator] {
      return std::make_shared<SessionKeeper>(
          [negotiator](const base::CallContext& context) { return negotiator->Attest(context); },
          SecureRandom);
    };
    client = std::make_unique<KbsClient>(
        KbsClientOptions{.url = url, .credential = wanted.credential}, std::move(transport), keep(),
        SecureRandom, wanted.export_key ? keep() : nullptr);
  }

  absl::StatusOr<base::Secret> GetUri(const std::string& uri) {
    return GetResource(*client, uri, Soon());
  }
  absl::StatusOr<base::Secret> Get(const std::string& path) { return GetUri("kbs:///" + path); }
  absl::StatusOr<base::Secret> GetSecret() { return Get("default/test/secret"); }

  absl::Time now = absl::FromUnixSeconds(1800000000);
  fakes::LoopbackBroker* broker;
  fakes::FakeEvidenceSource* evidence;
  std::unique_ptr<KbsClient> client;

 private:
  test::TempDir folder_;
  std::unique_ptr<dev_kbs::KbsService> kbs_;
  std::unique_ptr<evidence::Collector> collector_;
};

// Answers instead of the broker.
inline fakes::LoopbackBroker::Fault Answer(base::HttpResponse answer) {
  return [answer](const base::HttpResponse& /*real*/) { return answer; };
}

inline fakes::LoopbackBroker::Fault PassThrough() {
  return [](base::HttpResponse real) { return real; };
}

}  // namespace attestd::kbs

#endif  // ATTESTD_TEST_KBS_CLIENT_WORLD_H_
