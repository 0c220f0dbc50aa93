// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/kbs_client.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "test/fakes/fake_evidence_source.h"
#include "test/fakes/loopback_broker.h"
#include "test/support/temp_dir.h"

namespace attestd::kbs {
namespace {

using base::Reason;

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(20)); }

// A client, the broker's own logic behind it, and fake evidence.
class World {
 public:
  World() {
    std::filesystem::create_directories(folder_.File("default/test"));
    std::ofstream(folder_.File("default/test/secret")) << "the secret";
    dev_kbs::KbsOptions options;
    options.policy.allowed_tees = {"sample"};
    options.policy.denied_resources = {"default/denied/*"};
    options.resources = folder_.path();
    options.surroundings.now = [this] { return now; };
    kbs_ = *dev_kbs::KbsService::Create(std::move(options));
    auto transport = std::make_unique<fakes::LoopbackBroker>(*kbs_);
    broker = transport.get();
    auto source = std::make_unique<fakes::FakeEvidenceSource>();
    evidence = source.get();
    collector_ = std::make_unique<evidence::Collector>(std::move(source));
    client =
        std::make_unique<KbsClient>(HandshakeOptions{.url = "https://kbs.test", .init_data = ""},
                                    std::move(transport), *collector_);
  }

  absl::StatusOr<base::Secret> Get(const std::string& path) {
    return client->GetResource(*ResourceUri::Parse("kbs:///" + path), Soon());
  }
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
fakes::LoopbackBroker::Fault Answer(base::HttpResponse answer) {
  return [answer](const base::HttpResponse& /*real*/) { return answer; };
}

fakes::LoopbackBroker::Fault PassThrough() {
  return [](base::HttpResponse real) { return real; };
}

TEST_CASE("A secret comes out after one handshake, and more come without another") {
  World world;
  for (int i = 0; i < 3; ++i) {
    const auto secret = world.GetSecret();
    REQUIRE(secret.ok());
    CHECK(secret->ConstantTimeEquals(base::AsBytes("the secret")));
  }
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
  CHECK(world.broker->Count("/kbs/v0/attest") == 1);
  CHECK(world.broker->Count("/kbs/v0/resource/") == 3);
  CHECK(world.client->HasSession());
}

TEST_CASE("An expired session is renewed exactly once and the request succeeds") {
  World world;
  REQUIRE(world.GetSecret().ok());
  world.now += absl::Minutes(6);
  CHECK(world.GetSecret().ok());
  CHECK(world.broker->Count("/kbs/v0/auth") == 2);
  CHECK(world.broker->Count("/kbs/v0/resource/") == 3);
}

TEST_CASE("Case 50: a broker that always says 401 gets one fresh handshake, not a loop") {
  World world;
  REQUIRE(world.GetSecret().ok());
  const base::HttpResponse refusal{.status = 401, .headers = {}, .body = ""};
  world.broker->Push(Answer(refusal));  // the resource
  world.broker->Push(PassThrough());    // auth
  world.broker->Push(PassThrough());    // attest
  world.broker->Push(Answer(refusal));  // the resource again
  const auto secret = world.GetSecret();
  CHECK(absl::IsUnauthenticated(secret.status()));
  CHECK(world.broker->Count("/kbs/v0/auth") == 2);
  CHECK(world.broker->Count("/kbs/v0/resource/") == 3);
}

TEST_CASE("A denied resource costs one GET and no handshake") {
  World world;
  REQUIRE(world.GetSecret().ok());
  const auto secret = world.Get("default/denied/secret");
  CHECK(absl::IsPermissionDenied(secret.status()));
  CHECK(world.broker->Count("/kbs/v0/resource/default/denied/secret") == 1);
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
}

TEST_CASE("A missing resource costs one GET and no handshake") {
  World world;
  REQUIRE(world.GetSecret().ok());
  const auto secret = world.Get("default/test/missing");
  CHECK(absl::IsNotFound(secret.status()));
  CHECK(world.broker->Count("/kbs/v0/resource/default/test/missing") == 1);
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
}

TEST_CASE("Refused evidence is Unauthenticated, leaves no session, and the next request tries") {
  World world;
  world.evidence->during = [&world] { world.now += absl::Minutes(6); };  // the session dies
  const auto refused = world.GetSecret();
  CHECK(absl::IsUnauthenticated(refused.status()));
  CHECK(base::GetReason(refused.status()) == Reason::kEvidenceRefused);
  CHECK_FALSE(world.client->HasSession());
  world.evidence->during = nullptr;
  CHECK(world.GetSecret().ok());
}

TEST_CASE("A device that fails is named as the step that failed") {
  World world;
  world.evidence->faults.push_back(base::MakeStatus(
      absl::StatusCode::kFailedPrecondition, Reason::kDeviceMissing, "/dev/tpmrm0: not there"));
  const auto secret = world.GetSecret();
  CHECK(absl::IsFailedPrecondition(secret.status()));
  CHECK(base::GetReason(secret.status()) == Reason::kDeviceMissing);
  CHECK(std::string(secret.status().message()) == "evidence: /dev/tpmrm0: not there");
  CHECK(world.broker->Count("/kbs/v0/attest") == 0);
}

TEST_CASE("Case 53: a 200 that is not a JWE is a rejected reply") {
  World world;
  REQUIRE(world.GetSecret().ok());
  const std::string body =
      GENERATE(as<std::string>{}, "", "<html></html>", "{\"protected\":\"e", "{}", "[]", "null");
  world.broker->Push(Answer({.status = 200, .headers = {}, .body = body}));
  const auto secret = world.GetSecret();
  CHECK(absl::IsInternal(secret.status()));
  CHECK(base::GetReason(secret.status()) == Reason::kReplyRejected);
  CHECK(world.GetSecret().ok());
}

TEST_CASE("A broker out of reach at any message is Unavailable") {
  World world;
  const int before = GENERATE(0, 1, 2);
  for (int i = 0; i < before; ++i) {
    world.broker->Push(PassThrough());
  }
  world.broker->Push([](const base::HttpResponse& /*real*/) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUnreachable, "reset");
  });
  CHECK(absl::IsUnavailable(world.GetSecret().status()));
  CHECK(world.GetSecret().ok());
}

TEST_CASE("Many cold callers share one handshake") {
  World world;
  std::vector<std::thread> callers;
  std::atomic<int> answered{0};
  callers.reserve(16);
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] { answered += world.GetSecret().ok() ? 1 : 0; });
  }
  for (std::thread& caller : callers) {
    caller.join();
  }
  CHECK(answered == 16);
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
}

TEST_CASE("A caller without time left does not spoil the handshake for others") {
  World world;
  const auto late = world.client->GetResource(*ResourceUri::Parse("kbs:///default/test/secret"),
                                              base::Deadline::After(absl::ZeroDuration()));
  CHECK((late.ok() || absl::IsDeadlineExceeded(late.status())));
  CHECK(world.GetSecret().ok());
}

TEST_CASE("GetToken gives the JWT of the session and renews it when it has run out") {
  World world;
  const auto token = world.client->GetToken(Soon());
  REQUIRE(token.ok());
  CHECK(std::count(token->begin(), token->end(), '.') == 2);
  CHECK(*world.client->GetToken(Soon()) == *token);
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
}

}  // namespace
}  // namespace attestd::kbs
