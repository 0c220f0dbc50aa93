// SPDX-License-Identifier: Apache-2.0
#include <absl/time/clock.h>
#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "base/deadline.h"
#include "test/base/http_test_request.h"
#include "test/fakes/tls_authority.h"
#include "test/fakes/tls_server.h"
#include "test/support/temp_dir.h"

namespace attestd::base {
namespace {

using fakes::CertificateSpec;
using fakes::PrivateKey;
using fakes::TlsAuthority;
using fakes::TlsIdentity;
using fakes::TlsServer;
using fakes::TlsServerOptions;

constexpr absl::Duration kDay = absl::Hours(24);

struct Site {
  test::TempDir folder;
  TlsAuthority authority;

  std::string CaFile() const {
    std::ofstream(folder.File("ca.pem")) << authority.Pem();
    return folder.File("ca.pem");
  }
};

std::unique_ptr<TlsServer> Serve(const TlsIdentity& identity, TlsServerOptions options = {}) {
  options.certificate_pem = identity.certificate_pem;
  options.key_pem = identity.key_pem;
  if (options.answers.empty()) {
    options.answers = {LastReply("yes")};
  }
  auto server = TlsServer::Start(std::move(options));
  REQUIRE(server.ok());
  return *std::move(server);
}

void CheckRefused(HttpTransport& transport, const TlsServer& server, std::string_view why) {
  const absl::Status status = transport.Send(Get(server.Url("/"))).status();
  INFO(status);
  CHECK(absl::IsUnavailable(status));
  CHECK(GetReason(status) == Reason::kBrokerUntrusted);
  CHECK(Says(status, why));
  CHECK(server.seen().requests.empty());
}

TEST_CASE("Case 40: a certificate of the configured authority passes") {
  const Site site;
  const auto server = Serve(site.authority.Issue());
  const auto response = MakeTransport({.ca_file = site.CaFile()})->Send(Get(server->Url("/")));
  REQUIRE(response.ok());
  CHECK(response->body == "yes");
  CHECK(server->seen().version == "TLSv1.3");
}

TlsIdentity Faulty(const TlsAuthority& known, std::string_view fault) {
  if (fault == "expired") {
    return known.Issue({.not_after = absl::Now() - absl::Hours(1)});
  }
  if (fault == "not yet valid") {
    return known.Issue({.not_before = absl::Now() + absl::Hours(1)});
  }
  if (fault == "another host") {
    return known.Issue({.extensions = {fakes::DnsName("other.example")}});
  }
  if (fault == "self-signed") {
    return TlsAuthority::SelfSigned();
  }
  return TlsAuthority("stranger").Issue();
}

TEST_CASE("Case 40: each fault of a certificate is refused by its name") {
  const std::string fault =
      GENERATE("expired", "not yet valid", "another host", "self-signed", "unknown authority");
  const Site site;
  const auto server = Serve(Faulty(site.authority, fault));
  CheckRefused(*MakeTransport({.ca_file = site.CaFile()}), *server, fault);
}

TEST_CASE("Case 40: another authority of the same name is unknown") {
  const Site site;
  const auto server = Serve(TlsAuthority().Issue());
  CheckRefused(*MakeTransport({.ca_file = site.CaFile()}), *server, "unknown authority");
}

TEST_CASE("Case 40: RSA-1024 and SHA-1 are weak") {
  const Site site;
  const auto small = Serve(site.authority.Issue({}, *PrivateKey::Rsa(1024)));
  CheckRefused(*MakeTransport({.ca_file = site.CaFile()}), *small, "weak");
  const auto sha1 = Serve(site.authority.Issue({.sha1 = true}));
  CheckRefused(*MakeTransport({.ca_file = site.CaFile()}), *sha1, "weak");
}

TEST_CASE("Case 40: the system's authorities do not vouch for ours") {
  const Site site;
  CheckRefused(*MakeTransport({}), *Serve(site.authority.Issue()), "unknown authority");
}

TEST_CASE("Case 43: no file that the environment names vouches for a server") {
  const Site site;
  const auto server = Serve(site.authority.Issue());
  const std::string ca = site.CaFile();
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    ::setenv(name, ca.c_str(), 1);
  }
  CheckRefused(*MakeTransport({}), *server, "unknown authority");
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("CURL_CA_BUNDLE");
}

TEST_CASE("Case 40, 41: old versions and suites without forward secrecy are refused") {
  const Site site;
  const TlsIdentity identity = site.authority.Issue({}, *PrivateKey::Rsa(2048));
  const auto transport = MakeTransport({.ca_file = site.CaFile()});
  const auto [version, ciphers] =
      GENERATE(table<int, std::string>({{TLS1_1_VERSION, "ALL:@SECLEVEL=0"},
                                        {TLS1_2_VERSION, "kRSA+AESGCM"},
                                        {TLS1_2_VERSION, "ECDHE+AES128+SHA1:@SECLEVEL=0"}}));
  const auto server = Serve(identity, {.max_version = version, .ciphers = ciphers});
  CheckRefused(*transport, *server, "peer");
  const auto good =
      Serve(identity, {.max_version = TLS1_2_VERSION, .ciphers = "ECDHE+AESGCM:kRSA+AESGCM"});
  CHECK(transport->Send(Get(good->Url("/"))).ok());
  CHECK(good->seen().version == "TLSv1.2");
}

TEST_CASE("Case 41: every connection makes a full handshake, whatever tickets it was given") {
  const Site site;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const auto server = Serve(site.authority.Issue(),
                            {.answers = {LastReply("a"), LastReply("b")}, .max_version = version});
  const auto transport = MakeTransport({.ca_file = site.CaFile()});
  CHECK(transport->Send(Get(server->Url("/")))->body == "a");
  CHECK(transport->Send(Get(server->Url("/")))->body == "b");
  CHECK(server->seen().handshakes == 2);
  CHECK(server->seen().resumed == 0);
}

TEST_CASE("Case 41: a server that renegotiates gets no second handshake") {
  const Site site;
  const auto server =
      Serve(site.authority.Issue(), {.max_version = TLS1_2_VERSION, .renegotiates = true});
  (void)MakeTransport({.ca_file = site.CaFile()})->Send(Get(server->Url("/")));
  CHECK(server->seen().requests.size() == 1);
  // The client may be gone before the server has read its alert.
  const Deadline by = Deadline::After(absl::Seconds(10));
  while (server->seen().renegotiation == TlsServer::Renegotiation::kNotTried && !by.Expired()) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  CHECK(server->seen().renegotiation == TlsServer::Renegotiation::kRefused);
}

TEST_CASE("A CA file that changes later has no effect on a transport that read it") {
  const Site site;
  const auto server = Serve(site.authority.Issue());
  const auto transport = MakeTransport({.ca_file = site.CaFile()});
  std::ofstream(site.folder.File("ca.pem")) << TlsAuthority("other").Pem();
  CHECK(transport->Send(Get(server->Url("/"))).ok());
}

TEST_CASE("Case 85: a wall clock in the past makes no old certificate valid, nor a new one early") {
  const Site site;
  const CurlOptions options = {.ca_file = site.CaFile(),
                               .wall_clock = [] { return absl::Now() - 3650 * kDay; }};
  // The build is later than this certificate's end.
  const auto old = Serve(site.authority.Issue(
      {.not_before = absl::UnixEpoch(), .not_after = absl::FromUnixSeconds(1700000000)}));
  CheckRefused(*MakeTransport(options), *old, "expired");
  const auto current =
      Serve(site.authority.Issue({.not_before = absl::FromUnixSeconds(1700000000)}));
  CHECK(MakeTransport(options)->Send(Get(current->Url("/"))).ok());
}

TEST_CASE("Case 85: a wall clock in the future is believed") {
  const Site site;
  CheckRefused(*MakeTransport({.ca_file = site.CaFile(),
                               .wall_clock = [] { return absl::Now() + 36500 * kDay; }}),
               *Serve(site.authority.Issue()), "expired");
}

TEST_CASE("Case 85: the date that a verified server gave outlasts a wall clock set back") {
  const Site site;
  const std::string date =
      absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::Now() + 30 * kDay, absl::UTCTimeZone());
  // Over within 20 days by the wall clock; past by the server's.
  const TlsIdentity brief = site.authority.Issue({.not_after = absl::Now() + 20 * kDay});
  const auto teller =
      Serve(site.authority.Issue(), {.answers = {OkReply("", "Date: " + date + "\r\n")}});
  const auto server = Serve(brief, {.answers = {LastReply("1"), LastReply("2")}});
  const auto transport = MakeTransport({.ca_file = site.CaFile()});
  REQUIRE(transport->Send(Get(server->Url("/"))).ok());
  REQUIRE(transport->Send(Get(teller->Url("/"))).ok());
  const absl::Status status = transport->Send(Get(server->Url("/"))).status();
  CHECK(GetReason(status) == Reason::kBrokerUntrusted);
  CHECK(Says(status, "expired"));
}

}  // namespace
}  // namespace attestd::base
