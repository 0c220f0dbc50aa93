// SPDX-License-Identifier: Apache-2.0
// Versions of the protocol, kinds of keys and of credentials, and plugins, against the broker's own
// logic.
#include <catch2/catch.hpp>
#include <string>

#include "test/kbs_client/world.h"

namespace attestd::kbs {
namespace {

using base::Reason;

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

}  // namespace
}  // namespace attestd::kbs
