// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "test/base/http_test_request.h"
#include "test/fakes/canned_http_server.h"
#include "test/fakes/connect_proxy.h"
#include "test/fakes/tls_authority.h"
#include "test/fakes/tls_server.h"
#include "test/support/process.h"
#include "test/support/temp_dir.h"

namespace attestd::base {
namespace {

using fakes::CannedHttpServer;
using fakes::ConnectProxy;
using fakes::TlsAuthority;
using fakes::TlsIdentity;
using fakes::TlsServer;

// A file that only we may read; its path.
std::string Write(const test::TempDir& folder, const std::string& name, const std::string& text) {
  const std::string path = folder.File(name);
  std::ofstream(path) << text;
  ::chmod(path.c_str(), 0600);
  return path;
}

uint16_t PortOf(const CannedHttpServer& server) {
  return static_cast<uint16_t>(std::stoi(ParseHttpUrl(server.Url("/"))->port));
}

TEST_CASE("Requests go through the proxy's tunnel, plain http too, and the name is the proxy's") {
  CannedHttpServer server({OkReply("one"), OkReply("two")});
  ConnectProxy proxy("200 OK\r\nSet-Cookie: proxy=1", PortOf(server));
  const test::TempDir folder;
  const auto transport = MakeTransport(
      {.allow_http = true,
       .proxy = {.url = proxy.Url(), .credentials_file = Write(folder, "c", "me:a:b\n")}});
  const auto response = transport->Send(Get("http://kbs.invalid:81/x"));
  REQUIRE(response.ok());
  CHECK(response->body == "one");
  CHECK(response->Values("Set-Cookie").empty());
  CHECK(transport->Send(Get("http://kbs.invalid:81/x"))->body == "two");
  REQUIRE(proxy.heads().size() == 1);
  CHECK(proxy.heads()[0].starts_with("CONNECT kbs.invalid:81 HTTP/1.1\r\n"));
  // "me:a:b"
  CHECK(proxy.heads()[0].find("\r\nProxy-Authorization: Basic bWU6YTpi\r\n") != std::string::npos);
  CHECK(server.requests()[0].starts_with("GET /x HTTP/1.1\r\n"));
  CHECK(server.requests()[0].find("Proxy-") == std::string::npos);
}

TEST_CASE("Case 43: with a proxy too nothing is taken from the environment") {
  CannedHttpServer server({OkReply("one")});
  ConnectProxy proxy("200 OK", PortOf(server));
  ::setenv("no_proxy", "*", 1);
  ::setenv("NO_PROXY", "*", 1);
  const auto response = MakeTransport({.allow_http = true, .proxy = {.url = proxy.Url()}})
                            ->Send(Get("http://kbs.invalid/"));
  ::unsetenv("no_proxy");
  ::unsetenv("NO_PROXY");
  CHECK(response.ok());
  CHECK(proxy.heads().size() == 1);
}

TEST_CASE("A proxy that refuses the tunnel is named, with its status") {
  const std::string code = GENERATE("407", "403", "502", "503");
  ConnectProxy proxy(code + " No\r\nContent-Length: 0", 1);
  const absl::Status status =
      MakeTransport({.proxy = {.url = proxy.Url()}})->Send(Get("https://kbs.invalid/")).status();
  INFO(status);
  CHECK(absl::IsUnavailable(status));
  CHECK(GetReason(status) == Reason::kBrokerUnreachable);
  CHECK(Says(status, "proxy: "));
  CHECK(Says(status, code));
}

TEST_CASE("A proxy where nobody listens is named") {
  const absl::Status status = MakeTransport({.proxy = {.url = "http://127.0.0.1:1"}})
                                  ->Send(Get("https://x.invalid/"))
                                  .status();
  CHECK(absl::IsUnavailable(status));
  CHECK(Says(status, "proxy: "));
}

TEST_CASE("TLS through the tunnel is with the server: its pins, and not the proxy's") {
  const TlsIdentity identity = TlsAuthority::SelfSigned();
  auto server = TlsServer::Start({.certificate_pem = identity.certificate_pem,
                                  .key_pem = identity.key_pem,
                                  .answers = {OkReply("yes")}});
  REQUIRE(server.ok());
  ConnectProxy proxy("200 OK", (*server)->port());
  const auto transport = MakeTransport({.pins = {identity.Pin()}, .proxy = {.url = proxy.Url()}});
  const auto response = transport->Send(Get("https://127.0.0.1:1/"));
  REQUIRE(response.ok());
  CHECK(response->body == "yes");
}

TEST_CASE("An https proxy is judged by its own CA file, before it sees a password") {
  const test::TempDir folder;
  const TlsAuthority authority;
  const TlsIdentity identity = authority.Issue();
  auto proxy = TlsServer::Start({.certificate_pem = identity.certificate_pem,
                                 .key_pem = identity.key_pem,
                                 .answers = {"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"}});
  REQUIRE(proxy.ok());
  const std::string url = "https://127.0.0.1:" + std::to_string((*proxy)->port());
  const std::string credentials = Write(folder, "c", "me:pw");
  const std::string pin = TlsAuthority::SelfSigned().Pin();
  const auto send = [&](const std::string& ca_file) {
    const ProxyOptions options = {.url = url, .ca_file = ca_file, .credentials_file = credentials};
    return MakeTransport({.pins = {pin}, .proxy = options})
        ->Send(Get("https://x.invalid/"))
        .status();
  };
  const absl::Status stranger = send(Write(folder, "o.pem", TlsAuthority("other").Pem()));
  INFO(stranger);
  CHECK(GetReason(stranger) == Reason::kBrokerUntrusted);
  CHECK(Says(stranger, "proxy's certificate"));
  CHECK((*proxy)->seen().requests.empty());
  // The server's pins are not asked of the proxy.
  CHECK(Says(send(Write(folder, "ca.pem", authority.Pem())), "407"));
  CHECK((*proxy)->seen().requests.at(0).find("Basic bWU6cHc=") != std::string::npos);
}

TEST_CASE("A real proxy carries requests and refuses other ports") {
  if (!test::IsInstalled("tinyproxy")) {
    WARN("SKIPPED: no tinyproxy; install tinyproxy-bin");
    return;
  }
  CannedHttpServer server({OkReply("through")});
  const test::TempDir folder;
  const std::string port = std::to_string(fakes::LoopbackListener().port());
  const std::string config =
      Write(folder, "conf",
            "Port " + port + "\nListen 127.0.0.1\nAllow 127.0.0.1\nMaxClients 4\n" +
                "ConnectPort " + std::to_string(PortOf(server)) + "\nBasicAuth me pw\n");
  auto process = test::Process::Start({.argv = {"tinyproxy", "-d", "-c", config}, .env = {}});
  REQUIRE(process.ok());
  const auto listens = [&port] {
    return fakes::ConnectLoopback(static_cast<uint16_t>(std::stoi(port))).valid();
  };
  for (const Deadline limit = Deadline::After(absl::Seconds(10)); !listens();) {
    REQUIRE_FALSE(limit.Expired());
    std::this_thread::yield();
  }
  const auto send = [&](const std::string& line, const std::string& url) {
    return MakeTransport({.allow_http = true,
                          .proxy = {.url = "http://127.0.0.1:" + port,
                                    .credentials_file = Write(folder, "c", line)}})
        ->Send(Get(url));
  };
  const auto good = send("me:pw", server.Url("/"));
  INFO(good.status());
  REQUIRE(good.ok());
  CHECK(good->body == "through");
  CHECK(
      Says(send("me:wrong", server.Url("/")).status(), "proxy: it answered CONNECT with HTTP 40"));
  CHECK(Says(send("me:pw", "https://127.0.0.1:1/").status(), "HTTP 403"));
}

TEST_CASE("What is wrong with a proxy's options is named") {
  const test::TempDir folder;
  const auto refused = [](const ProxyOptions& options) {
    return CreateCurlTransport({.proxy = options}).status();
  };
  CHECK(Says(refused({.url = "socks5://h:1"}), "proxy: url: "));
  CHECK(Says(refused({.url = "http://u:p@h:1"}), "proxy: url: "));
  CHECK(Says(refused({.ca_file = "/x"}), "no url"));
  CHECK(Says(refused({.url = "http://h:1", .ca_file = "/x"}), "https"));
  CHECK(absl::IsNotFound(refused({.url = "https://h:1", .ca_file = "/nonexistent"})));
  const std::string text = GENERATE(as<std::string>{}, "", "user", ":pw", "a:b\nc:d\n", "a:\x01");
  const std::string file = Write(folder, "credentials", text);
  const absl::Status status = refused({.url = "http://h:1", .credentials_file = file});
  CHECK(absl::IsInvalidArgument(status));
  CHECK(Says(status, file));
  Write(folder, "credentials", "a:b");
  ::chmod(file.c_str(), 0644);
  CHECK(Says(refused({.url = "http://h:1", .credentials_file = file}), "0644"));
}

}  // namespace
}  // namespace attestd::base
