// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/kbs_client.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "test/kbs_client/world.h"

namespace attestd::kbs {
namespace {

using base::Reason;

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
  const auto late = GetResource(*world.client, "kbs:///default/test/secret",
                                {.deadline = base::Deadline::After({})});
  CHECK((late.ok() || absl::IsDeadlineExceeded(late.status())));
  CHECK(world.GetSecret().ok());
}

TEST_CASE("GetToken gives the JWT of the session and renews it when it has run out") {
  World world;
  const auto token = world.client->GetToken(Soon());
  REQUIRE(token.ok());
  const base::ByteView jwt = token->jwt.view();
  CHECK(std::count(jwt.begin(), jwt.end(), '.') == 2);
  CHECK(token->key.size() == 0);
  CHECK(world.client->GetToken(Soon())->jwt.ConstantTimeEquals(jwt));
  CHECK(world.broker->Count("/kbs/v0/auth") == 1);
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
