// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "test/dev_kbs/broker.h"
#include "test/dev_kbs/guest.h"

namespace attestd::dev_kbs {
namespace {

Guest AttestedGuest(const Broker& broker) {
  Guest guest(*broker.service);
  guest.Auth();
  guest.Attest();
  return guest;
}

TEST_CASE("An attested session gets a resource that only its TEE key opens") {
  const Broker broker;
  Guest guest = AttestedGuest(broker);
  const KbsAnswer answer = guest.Get("default/test/secret");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  CHECK(guest.Open(answer) == broker.secret);
  const Guest other(*broker.service);
  CHECK_THROWS(other.Open(answer));
}

TEST_CASE("A resource of any size arrives byte for byte") {
  const Broker broker;
  const auto size = GENERATE(as<size_t>{}, 0, 1, 65536, 1 << 20);
  std::string content(size, '\0');
  for (size_t i = 0; i < size; ++i) {
    content[i] = static_cast<char>(i * 31 + i / 256);
  }
  broker.Put("default/test/sized", content);
  Guest guest = AttestedGuest(broker);
  CHECK(base::AsText(guest.Open(guest.Get("default/test/sized"))) == content);
}

TEST_CASE("A resource is read anew for each request") {
  const Broker broker;
  Guest guest = AttestedGuest(broker);
  broker.Put("default/test/secret", "new");
  CHECK(base::AsText(guest.Open(guest.Get("default/test/secret"))) == "new");
}

TEST_CASE("The token alone gets a resource too") {
  const Broker broker;
  Guest guest = AttestedGuest(broker);
  guest.cookie.clear();
  CHECK(guest.Open(guest.Get("default/test/secret", "Bearer " + guest.token)) == broker.secret);
}

TEST_CASE("The session wins over the token") {
  const Broker broker;
  Guest guest = AttestedGuest(broker);
  Guest other = AttestedGuest(broker);
  CHECK(guest.Open(guest.Get("default/test/secret", "Bearer " + other.token)) == broker.secret);
  CHECK(guest.Get("default/test/secret", "Bearer rubbish").status == 200);
}

TEST_CASE("A session that is not attested gives nothing") {
  const Broker broker;
  Guest guest(*broker.service);
  guest.Auth();
  const KbsAnswer answer = guest.Get("default/test/secret");
  CHECK(answer.status == 401);
  CHECK(Variant(answer) == "TokenNotFound");
  CHECK(Detail(answer) == "Attestation Token not found");
}

TEST_CASE("An expired session gives nothing, and its token a little longer") {
  Broker broker;
  Guest guest = AttestedGuest(broker);
  const std::string bearer = "Bearer " + guest.token;
  broker.now += absl::Seconds(300);
  CHECK(Variant(guest.Get("default/test/secret")) == "TokenNotFound");
  broker.now += absl::Seconds(59);
  CHECK(guest.Get("default/test/secret", bearer).status == 200);
  broker.now += absl::Seconds(1);
  const KbsAnswer answer = guest.Get("default/test/secret", bearer);
  CHECK(answer.status == 401);
  CHECK(Variant(answer) == "TokenVerifierError");
}

TEST_CASE("A token of another broker is refused") {
  const Broker broker;
  const Broker other;
  Guest guest = AttestedGuest(broker);
  Guest stranger = AttestedGuest(other);
  guest.cookie.clear();
  CHECK(Variant(guest.Get("default/test/secret", "Bearer " + stranger.token)) ==
        "TokenVerifierError");
}

TEST_CASE("A resource that the policy denies is told apart from one that is missing") {
  const Broker broker;
  broker.Put("default/locked/secret", "x");
  broker.Put("private/a/b", "x");
  Guest guest = AttestedGuest(broker);
  const std::string denied = GENERATE("default/locked/secret", "private/a/b", "private/is/missing");
  CAPTURE(denied);
  const KbsAnswer answer = guest.Get(denied);
  CHECK(answer.status == 401);
  CHECK(Variant(answer) == "PolicyDeny");
  CHECK(Detail(answer) == "Access denied by policy");
  CHECK(answer.refusal == "refused resource " + denied + ": denied by the policy");
}

TEST_CASE(
    "A missing resource and a bad path are internal errors of the plugin, as Trustee has it") {
  const Broker broker;
  Guest guest = AttestedGuest(broker);
  const std::string resource =
      GENERATE("default/test/none", "none/test/secret", "default/test", "default", "",
               "default/test/secret/more", "default/test/", "/test/secret", "default/../secret",
               "default/test/.secret", "default/./secret", "../default/test", "default/te st/x",
               "default/test/secret\n", "*/*/*");
  CAPTURE(resource);
  const KbsAnswer answer = guest.Get(resource);
  CHECK(answer.status == 401);
  CHECK(Variant(answer) == "PluginInternalError");
  CHECK(Detail(answer) == "Plugin internal error");
}

TEST_CASE("A link is followed inside the folder of resources and not out of it") {
  const Broker broker;
  const test::TempDir outside;
  std::filesystem::create_directories(broker.folder.File("default/link"));
  std::filesystem::create_symlink("../test/secret", broker.folder.File("default/link/in"));
  std::filesystem::create_symlink("/proc/self/status", broker.folder.File("default/link/out"));
  std::filesystem::create_directory_symlink(outside.path(), broker.folder.File("default/away"));
  Guest guest = AttestedGuest(broker);
  CHECK(guest.Open(guest.Get("default/link/in")) == broker.secret);
  CHECK_THAT(guest.Get("default/link/out").refusal, Catch::Contains("leads out"));
  CHECK(Variant(guest.Get("default/away/x")) == "PluginInternalError");
}

TEST_CASE("A folder of resources that is missing, or a file, is an error at the start") {
  const Broker broker;
  for (const char* name : {"missing", "default/test/secret"}) {
    CHECK_FALSE(Resources::Open(broker.folder.File(name)).ok());
  }
}

TEST_CASE("A resource over 4 MiB and a folder are no resources") {
  const Broker broker;
  broker.Put("default/test/huge", std::string((size_t{4} << 20) + 1, 'x'));
  broker.Put("default/test/folder/x", "x");
  Guest guest = AttestedGuest(broker);
  CHECK(Variant(guest.Get("default/test/huge")) == "PluginInternalError");
  CHECK(Variant(guest.Get("default/test/folder")) == "PluginInternalError");
}

TEST_CASE("A kind of TEE key that cannot be encrypted to is a JweError at the resource") {
  const Broker broker;
  Guest guest(*broker.service);
  guest.tee_pubkey = GENERATE(
      base::Json{{"kty", "EC"}, {"crv", "P-521"}, {"alg", "ECDH-ES+A256KW"}, {"x", ""}, {"y", ""}},
      base::Json{{"kty", "RSA"}, {"alg", "RSA-OAEP-256"}, {"n", "AQ"}, {"e", "AQAB"}},
      base::Json{{"kty", "EC"}, {"crv", "P-256"}, {"alg", "dir"}, {"x", ""}, {"y", ""}},
      base::Json{
          {"kty", "EC"}, {"crv", "P-256"}, {"alg", "ECDH-ES+A256KW"}, {"x", "AA"}, {"y", "AA"}});
  guest.Auth();
  CHECK(guest.Attest().status == 200);
  const KbsAnswer answer = guest.Get("default/test/secret");
  CHECK(Variant(answer) == "JweError");
  CHECK(Detail(answer) == "JWE failed");
}

struct Route {
  const char* method;
  const char* path;
  int status;
  const char* variant;
};

TEST_CASE("Other routes answer as Trustee's do") {
  const auto route = GENERATE(values<Route>({
      {"GET", "/healthz", 200, ""},
      {"GET", "/", 404, ""},
      {"GET", "/kbs/v1/resource/a/b/c", 404, ""},
      {"GET", "/kbs/v0", 404, ""},
      {"GET", "/kbs/v0/", 404, "InvalidRequestPath"},
      {"GET", "/kbs/v0/auth", 404, "PluginNotFound"},
      {"GET", "/kbs/v0/attest", 404, "PluginNotFound"},
      {"POST", "/kbs/v0/nothing/here", 404, "PluginNotFound"},
      {"POST", "/kbs/v0/resource/default/test/secret", 401, "AdminAuthAccess"},
      {"DELETE", "/kbs/v0/resource/default/test/secret", 401, "AdminAuthAccess"},
  }));
  CAPTURE(route.method, route.path);
  const Broker broker;
  const KbsAnswer answer = broker.service->Handle({.method = route.method, .path = route.path});
  CHECK(answer.status == route.status);
  CHECK(Variant(answer) == route.variant);
}

}  // namespace
}  // namespace attestd::dev_kbs
