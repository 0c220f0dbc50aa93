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

#include "kbs_client/negotiator.h"
#include "test/fakes/fake_evidence_source.h"
#include "test/fakes/loopback_broker.h"
#include "test/support/temp_dir.h"

namespace attestd::kbs {
namespace {

using base::Reason;

base::CallContext Soon() { return {.deadline = base::Deadline::After(absl::Seconds(20))}; }

struct WorldOptions {
  std::string protocol = "0.4.0";  // that the broker speaks
  std::vector<Protocol> spoken = {Protocol::k040, Protocol::k020};
  TeeKeyKind key = TeeKeyKind::kEcP256;
  Credential credential = Credential::kCookie;
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
    auto sessions = std::make_shared<SessionKeeper>(
        [negotiator](const base::CallContext& context) { return negotiator->Attest(context); },
        SecureRandom);
    client =
        std::make_unique<KbsClient>(KbsClientOptions{.url = url, .credential = wanted.credential},
                                    std::move(transport), std::move(sessions), SecureRandom);
  }

  absl::StatusOr<base::Secret> GetUri(const std::string& uri) {
    return client->GetResource(*ResourceUri::Parse(uri), Soon());
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
  CHECK(world.client->GetState().session);
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

TEST_CASE("Case 52: a missing resource costs one GET and no handshake") {
  World world;
  REQUIRE(world.GetSecret().ok());
  const auto secret = world.Get("default/test/missing");
  CHECK(absl::IsNotFound(secret.status()));
  CHECK(world.broker->Count("/kbs/v0/resource/default/test/missing") == 1);
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
}

TEST_CASE(
    "Case 51: refused evidence is Unauthenticated, leaves no session, and the next request tries") {
  World world;
  world.evidence->during = [&world] { world.now += absl::Minutes(6); };  // the session dies
  const auto refused = world.GetSecret();
  CHECK(absl::IsUnauthenticated(refused.status()));
  CHECK(base::GetReason(refused.status()) == Reason::kEvidenceRefused);
  CHECK_FALSE(world.client->GetState().session);
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
                                              {.deadline = base::Deadline::After({})});
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

TEST_CASE("A broker that speaks an older protocol is followed, and remembered") {
  World world({.protocol = "0.2.0"});
  REQUIRE(world.GetSecret().ok());
  CHECK(world.broker->Count("/kbs/v0/auth") == 2);
  CHECK(world.evidence->calls == 1);
  world.now += absl::Minutes(6);
  REQUIRE(world.GetSecret().ok());
  CHECK(world.broker->Count("/kbs/v0/auth") == 3);
}

TEST_CASE("Protocol 0.1.1 is spoken where it is listed") {
  World world({.protocol = "0.1.1", .spoken = {Protocol::k040, Protocol::k011}});
  const auto secret = world.GetSecret();
  REQUIRE(secret.ok());
  CHECK(secret->ConstantTimeEquals(base::AsBytes("the secret")));
  CHECK(absl::IsPermissionDenied(world.Get("default/denied/secret").status()));
  CHECK(absl::IsNotFound(world.Get("default/test/missing").status()));
}

TEST_CASE("A protocol that is not listed is refused, naming both sides and what to change") {
  World world({.protocol = "0.1.1"});
  const absl::Status status = world.GetSecret().status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == Reason::kVersionMismatch);
  CHECK(std::string(status.message()) ==
        "auth: the broker speaks protocol 0.1.1, attestd may speak 0.4.0 and 0.2.0; add \"0.1.1\" "
        "to protocol_versions of this [[kbs]]");
  CHECK(world.evidence->calls == 0);
}

TEST_CASE("Secrets come to TEE keys of every kind") {
  const TeeKeyKind kind =
      GENERATE(TeeKeyKind::kEcP256, TeeKeyKind::kEcP521, TeeKeyKind::kRsaOaep256);
  World world({.key = kind});
  const auto secret = world.GetSecret();
  REQUIRE(secret.ok());
  CHECK(secret->ConstantTimeEquals(base::AsBytes("the secret")));
}

TEST_CASE("A token does as well as a cookie, and outlives the broker's session") {
  World world({.credential = Credential::kBearer});
  REQUIRE(world.GetSecret().ok());
  CHECK(world.GetSecret().ok());
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
}

TEST_CASE("A plugin's answer comes encrypted or in the clear, with the query as it stands") {
  World world;
  const std::string plugin = GENERATE(as<std::string>{}, "echo", "clear");
  const auto secret = world.GetUri("kbs+" + plugin + ":///some/path?name=x&ip=10.0.0.1%2F24");
  REQUIRE(secret.ok());
  const auto text = base::AsText(secret->view());
  CHECK(text.find("name=x&ip=10.0.0.1%2F24") != std::string_view::npos);
  CHECK(text.find("some/path") != std::string_view::npos);
}

TEST_CASE("Case 53: a resource in the clear is a rejected reply, whatever its type") {
  World world;
  REQUIRE(world.GetSecret().ok());
  world.broker->Push(
      Answer({.status = 200, .headers = {{"content-type", "text/xml"}}, .body = "plain"}));
  CHECK(base::GetReason(world.GetSecret().status()) == Reason::kReplyRejected);
}

TEST_CASE("Case 54: a nonce that came before is a rejected reply, and no evidence is made") {
  World world;
  base::HttpResponse first;
  world.broker->Push([&](base::HttpResponse real) { return first = std::move(real); });
  REQUIRE(world.GetSecret().ok());
  world.now += absl::Minutes(6);
  world.broker->Push(PassThrough());  // the resource: the session has expired
  world.broker->Push([&](const base::HttpResponse& /*real*/) { return first; });
  CHECK(base::GetReason(world.GetSecret().status()) == Reason::kReplyRejected);
  CHECK(world.evidence->calls == 1);
}

TEST_CASE("A broker that fails is left alone for a while, and asked again") {
  World world;
  const auto down = [](const base::HttpResponse& /*real*/) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, Reason::kBrokerUnreachable, "reset");
  };
  for (int i = 0; i < 3; ++i) {
    world.broker->Push(down);
    CHECK(absl::IsUnavailable(world.GetSecret().status()));
  }
  const int asked = world.broker->Count("/");
  const absl::Status refused = world.GetSecret().status();
  CHECK(absl::IsUnavailable(refused));
  CHECK(RetryAfter(refused) <= absl::Milliseconds(250));
  CHECK(world.broker->Count("/") == asked);
  CHECK(world.client->GetState().failing);
}

}  // namespace
}  // namespace attestd::kbs
