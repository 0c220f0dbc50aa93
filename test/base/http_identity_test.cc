// SPDX-License-Identifier: Apache-2.0
// Pins, client certificates, and what CreateCurlTransport refuses.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "test/base/http_test_request.h"
#include "test/fakes/tls_authority.h"
#include "test/fakes/tls_server.h"
#include "test/support/temp_dir.h"

namespace attestd::base {
namespace {

using fakes::TlsAuthority;
using fakes::TlsIdentity;
using fakes::TlsServer;
using fakes::TlsServerOptions;

// A file of the given mode; its path.
std::string Write(const test::TempDir& folder, const std::string& name, const std::string& text,
                  mode_t mode = 0600) {
  const std::string path = folder.File(name);
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
  return path;
}

std::unique_ptr<TlsServer> Serve(const TlsIdentity& identity, const std::string& client_ca = "") {
  auto server = TlsServer::Start({.certificate_pem = identity.certificate_pem,
                                  .key_pem = identity.key_pem,
                                  .answers = {LastReply("yes"), LastReply("yes")},
                                  .client_ca_pem = client_ca});
  REQUIRE(server.ok());
  return *std::move(server);
}

TEST_CASE("Case 40, 68: one of the pinned keys is enough, with no authority at all") {
  const TlsIdentity now = TlsAuthority::SelfSigned();
  const TlsIdentity next = TlsAuthority::SelfSigned();
  const auto transport = MakeTransport({.pins = {now.Pin(), next.Pin()}});
  // The key changes while the transport is in use.
  CHECK(transport->Send(Get(Serve(now)->Url("/"))).ok());
  CHECK(transport->Send(Get(Serve(next)->Url("/"))).ok());
  const auto stranger = Serve(TlsAuthority::SelfSigned());
  const absl::Status status = transport->Send(Get(stranger->Url("/"))).status();
  CHECK(GetReason(status) == Reason::kBrokerUntrusted);
  CHECK(Says(status, "pins"));
  CHECK(stranger->seen().requests.empty());
}

TEST_CASE("A pinned key does not stand for another host name, nor for a weak key") {
  const TlsAuthority authority;
  const TlsIdentity other = authority.Issue({.extensions = {fakes::DnsName("other.example")}});
  const absl::Status status =
      MakeTransport({.pins = {other.Pin()}})->Send(Get(Serve(other)->Url("/"))).status();
  CHECK(Says(status, "another host"));
  const TlsIdentity weak = authority.Issue({}, *fakes::PrivateKey::Rsa(1024));
  CHECK(Says(MakeTransport({.pins = {weak.Pin()}})->Send(Get(Serve(weak)->Url("/"))).status(),
             "weak"));
}

TEST_CASE("With a CA file and pins, both have to hold") {
  const test::TempDir folder;
  const TlsAuthority authority;
  const TlsIdentity good = authority.Issue();
  const std::string ca = Write(folder, "ca.pem", authority.Pem());
  const std::string other = Write(folder, "other.pem", TlsAuthority("other").Pem());
  const auto server = Serve(good);
  CHECK(MakeTransport({.ca_file = ca, .pins = {good.Pin()}})->Send(Get(server->Url("/"))).ok());
  CHECK(Says(
      MakeTransport({.ca_file = other, .pins = {good.Pin()}})->Send(Get(server->Url("/"))).status(),
      "unknown authority"));
  CHECK(Says(MakeTransport({.ca_file = ca, .pins = {authority.Issue().Pin()}})
                 ->Send(Get(server->Url("/")))
                 .status(),
             "pins"));
}

TEST_CASE("A server that asks for a client certificate gets ours, and one without is told so") {
  const test::TempDir folder;
  const TlsAuthority authority;
  const TlsIdentity client = authority.Issue({.subject = "agent 7"});
  const auto server = Serve(authority.Issue(), authority.Pem());
  const std::string ca = Write(folder, "ca.pem", authority.Pem());
  const absl::Status without = MakeTransport({.ca_file = ca})->Send(Get(server->Url("/"))).status();
  INFO(without);
  CHECK(absl::IsUnavailable(without));
  CHECK(Says(without, "client_cert_file"));
  const auto transport =
      MakeTransport({.ca_file = ca,
                     .client_cert_file = Write(folder, "c.pem", client.certificate_pem),
                     .client_key_file = Write(folder, "k.pem", client.key_pem)});
  CHECK(transport->Send(Get(server->Url("/"))).ok());
  CHECK(server->seen().client.find("agent 7") != std::string::npos);
}

TEST_CASE("A server that hangs up when it was shown our client certificate may refuse it") {
  const test::TempDir folder;
  const TlsAuthority authority;
  const TlsIdentity server = authority.Issue();
  const TlsIdentity client = authority.Issue({.subject = "agent 7"});
  const bool asks = GENERATE(true, false);
  const auto peer = TlsServer::Start({.certificate_pem = server.certificate_pem,
                                      .key_pem = server.key_pem,
                                      .client_ca_pem = asks ? authority.Pem() : "",
                                      .hangs_up = true});
  REQUIRE(peer.ok());
  const auto transport =
      MakeTransport({.ca_file = Write(folder, "ca.pem", authority.Pem()),
                     .client_cert_file = Write(folder, "c.pem", client.certificate_pem),
                     .client_key_file = Write(folder, "k.pem", client.key_pem)});
  const absl::Status status = transport->Send(Get((*peer)->Url("/"))).status();
  INFO(status);
  CHECK(absl::IsUnavailable(status));
  CHECK(GetReason(status) == (asks ? Reason::kBrokerUntrusted : Reason::kBrokerUnreachable));
  CHECK(Says(status, "client certificate") == asks);
}

TEST_CASE("A pin that is none, and a fifth one, are refused") {
  const std::string good = "sha256//" + Base64Encode(Bytes(32));
  CHECK(CreateCurlTransport({.pins = {good, good, good, good}}).ok());
  CHECK(Says(CreateCurlTransport({.pins = std::vector<std::string>(5, good)}).status(), "4"));
  const std::string bad = GENERATE_COPY(as<std::string>{}, "", "sha256//", "md5//AAAA", good + "=",
                                        good.substr(8), "sha256//AAAA");
  const absl::Status status = CreateCurlTransport({.pins = {good, bad}}).status();
  CHECK(absl::IsInvalidArgument(status));
  CHECK(Says(status, "number 2"));
}

TEST_CASE("A client key that others may read is refused, with its name and mode") {
  const test::TempDir folder;
  const TlsIdentity client = TlsAuthority::SelfSigned();
  const mode_t mode = GENERATE(as<mode_t>{}, 0644, 0604, 0602, 0666);
  const std::string key = Write(folder, "k.pem", client.key_pem, mode);
  const std::string cert = Write(folder, "c.pem", client.certificate_pem);
  const absl::Status status =
      CreateCurlTransport({.client_cert_file = cert, .client_key_file = key}).status();
  CHECK(absl::IsInvalidArgument(status));
  CHECK(Says(status, key));
  CHECK(Says(status, mode == 0644 ? "0644" : "06"));
  ::chmod(key.c_str(), GENERATE(as<mode_t>{}, 0600, 0640, 0400));
  CHECK(CreateCurlTransport({.client_cert_file = cert, .client_key_file = key}).ok());
}

TEST_CASE("Client certificate and key have to be PEM, not encrypted, and belong together") {
  const test::TempDir folder;
  const TlsIdentity one = TlsAuthority::SelfSigned();
  const TlsIdentity two = TlsAuthority::SelfSigned();
  const std::string cert = Write(folder, "c.pem", one.certificate_pem);
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  const auto refused = [&](const std::string& certificate, const std::string& key) {
    return CreateCurlTransport({.client_cert_file = certificate, .client_key_file = key}).status();
  };
  CHECK(Says(refused(cert, ""), "set both"));
  CHECK(Says(refused("", cert), "set both"));
  CHECK(Says(refused(cert, Write(folder, "two", two.key_pem)), "is not the key"));
  CHECK(Says(refused(cert, Write(folder, "text", "no key")), "no private key"));
  CHECK(
      Says(refused(Write(folder, "t", "text"), Write(folder, "k", one.key_pem)), "no certificate"));
  CHECK(absl::IsNotFound(refused(cert, folder.File("missing"))));
  CHECK_FALSE(refused(cert, Write(folder, "encrypted", encrypted)).ok());
}

}  // namespace
}  // namespace attestd::base
