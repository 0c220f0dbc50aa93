// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "test/dev_kbs/broker.h"
#include "test/dev_kbs/guest.h"
#include "test/fakes/x509_issuer.h"

namespace attestd::dev_kbs {
namespace {

Guest AttestedGuest(const Broker& broker) {
  Guest guest(*broker.service);
  guest.Auth();
  guest.Attest();
  return guest;
}

TEST_CASE("The plugin echo gives path and query as they came, encrypted to the session's key") {
  const Broker broker;
  Guest guest = AttestedGuest(broker);
  const KbsAnswer answer = guest.Call("echo/a/b", "x=1&y=%20&x=2");
  CHECK(answer.content_type == "application/json");
  CHECK(base::AsText(guest.Open(answer)) == R"({"path":"a/b","query":"x=1&y=%20&x=2"})");
  CHECK(base::AsText(guest.Open(guest.Call("echo", ""))) == R"({"path":"","query":""})");
}

TEST_CASE("The plugin clear gives the same as plain text of type text/xml") {
  const Broker broker;
  Guest guest = AttestedGuest(broker);
  const KbsAnswer answer = guest.Call("clear/a/b", "x=1");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "text/xml");
  CHECK(answer.body == R"({"path":"a/b","query":"x=1"})");
  CHECK(answer.tee_pubkey.is_null());
}

TEST_CASE("A plugin gives nothing to a guest that is not attested") {
  const Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  const std::string plugin = GENERATE("echo/a", "clear/a");
  const KbsAnswer answer = guest.Call(plugin, "");
  CHECK(answer.status == 401);
  CHECK(Variant(answer) == "TokenNotFound");
}

TEST_CASE("Brokers with the same token key trust each other's tokens, and no others") {
  const test::TempDir folder;
  const std::string path = folder.File("token.pem");
  std::ofstream(path) << fakes::PrivateKey::Ec(base::PublicKey::Curve::kP256)->ToPem().value();
  const Broker first = Broker::Speaking("0.4.0", path);
  const Broker second = Broker::Speaking("0.4.0", path);
  const Broker stranger = Broker::Speaking("0.4.0");
  Guest guest = AttestedGuest(first);
  const KbsRequest request = {.path = "/kbs/v0/resource/default/test/secret",
                              .authorization = "Bearer " + guest.token};
  CHECK(guest.Open(second.service->Handle(request)) == second.secret);
  CHECK(Variant(stranger.service->Handle(request)) == "TokenVerifierError");
}

TEST_CASE("A token key that is missing, no key or on another curve is an error at the start") {
  const test::TempDir folder;
  std::ofstream(folder.File("text")) << "no key";
  std::ofstream(folder.File("p384"))
      << fakes::PrivateKey::Ec(base::PublicKey::Curve::kP384)->ToPem().value();
  for (const char* name : {"missing", "text", "p384"}) {
    KbsOptions options{.policy = {}, .resources = folder.path(), .token_key = folder.File(name)};
    CHECK_FALSE(KbsService::Create(std::move(options)).ok());
  }
}

}  // namespace
}  // namespace attestd::dev_kbs
