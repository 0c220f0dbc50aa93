// SPDX-License-Identifier: Apache-2.0
#include "base/http_curl.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "test/fakes/canned_http_server.h"

namespace attestd::base {
namespace {

using fakes::CannedHttpServer;

std::unique_ptr<HttpTransport> Plain() {
  auto transport = CreateCurlTransport({.ca_file = "", .allow_http = true});
  REQUIRE(transport.ok());
  return *std::move(transport);
}

HttpRequest Get(const std::string& url) {
  return {.url = url, .headers = {}, .body = {}, .deadline = Deadline::After(absl::Seconds(5))};
}

std::string Ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_CASE("The transport keeps its connection and returns headers, status and body") {
  CannedHttpServer server(
      {"HTTP/1.1 401 No\r\nX-One: 1\r\nx-one:  2 \r\nContent-Length: 2\r\n\r\nno", Ok("yes")});
  const auto transport = Plain();
  const auto first = transport->Send(Get(server.Url("/a")));
  REQUIRE(first.ok());
  CHECK(first->status == 401);
  CHECK(first->body == "no");
  CHECK(first->Values("X-ONE") == std::vector<std::string>{"1", "2"});
  CHECK(transport->Send(Get(server.Url("/b")))->body == "yes");
  CHECK(server.connections() == 1);
}

TEST_CASE("A POST carries its body and headers and does not ask for permission first") {
  CannedHttpServer server({Ok("")});
  HttpRequest request = Get(server.Url("/p"));
  request.method = HttpRequest::Method::kPost;
  request.headers = {{"Cookie", "kbs-session-id=1"}};
  request.body = "{\"a\":1}";
  REQUIRE(Plain()->Send(request).ok());
  const std::string received = server.requests().at(0);
  CHECK(received.starts_with("POST /p HTTP/1.1\r\n"));
  CHECK(received.ends_with("\r\n\r\n{\"a\":1}"));
  CHECK(received.find("Cookie: kbs-session-id=1\r\n") != std::string::npos);
  CHECK(received.find("Expect") == std::string::npos);
}

TEST_CASE("Case 39: plain http is refused unless it was allowed, without a packet") {
  CannedHttpServer server({});
  const auto transport = CreateCurlTransport({});
  REQUIRE(transport.ok());
  const auto response = (*transport)->Send(Get(server.Url("/")));
  CHECK(absl::IsInvalidArgument(response.status()));
  CHECK(server.connections() == 0);
}

TEST_CASE("Case 42: a redirect is an answer, not an order") {
  const std::string code = GENERATE("301", "302", "307", "308");
  CannedHttpServer server(
      {"HTTP/1.1 " + code + " Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"});
  const auto response = Plain()->Send(Get(server.Url("/")));
  REQUIRE(response.ok());
  CHECK(std::to_string(response->status) == code);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("Case 43: proxies in the environment are ignored") {
  CannedHttpServer server({Ok("direct")});
  for (const char* name : {"http_proxy", "ALL_PROXY", "HTTPS_PROXY"}) {
    ::setenv(name, "http://127.0.0.1:1", 1);
  }
  const auto response = Plain()->Send(Get(server.Url("/")));
  for (const char* name : {"http_proxy", "ALL_PROXY", "HTTPS_PROXY"}) {
    ::unsetenv(name);
  }
  REQUIRE(response.ok());
  CHECK(response->body == "direct");
}

TEST_CASE("Case 47: a reply over the limit is cut off, whatever its length says") {
  const std::string body(2000, 'x');
  const std::string answer = GENERATE_COPY(
      as<std::string>{}, Ok(body), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + body + "\r\n");
  CannedHttpServer server({answer});
  HttpRequest request = Get(server.Url("/"));
  request.max_reply = 1999;
  const auto response = Plain()->Send(request);
  CHECK(absl::IsResourceExhausted(response.status()));
  CHECK(GetReason(response.status()) == Reason::kReplyRejected);
}

TEST_CASE("Case 48: nonsense in place of HTTP is no answer") {
  const std::string answer =
      GENERATE(as<std::string>{}, "hello\r\n\r\n", "HTTP/0.9\r\n\r\nx", "\0\0\0\0",
               "HTTP/1.1 200 OK\r\nX: " + std::string(20000, 'y') + "\r\n\r\n");
  CannedHttpServer server({answer});
  CHECK_FALSE(Plain()->Send(Get(server.Url("/"))).ok());
}

TEST_CASE("Case 46: a server that says nothing costs no more than the deadline") {
  CannedHttpServer server({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstall"});
  HttpRequest request = Get(server.Url("/"));
  request.deadline = Deadline::After(absl::Milliseconds(100));
  const absl::Duration before = BootTime();
  CHECK(absl::IsDeadlineExceeded(Plain()->Send(request).status()));
  CHECK(BootTime() - before < absl::Seconds(2));
}

TEST_CASE("A port where nobody listens is Unavailable; a deadline in the past sends nothing") {
  const auto refused = Plain()->Send(Get("http://127.0.0.1:1/"));
  CHECK(absl::IsUnavailable(refused.status()));
  CHECK(GetReason(refused.status()) == Reason::kBrokerUnreachable);
  CannedHttpServer server({});
  HttpRequest late = Get(server.Url("/"));
  late.deadline = Deadline::After(absl::ZeroDuration());
  CHECK(absl::IsDeadlineExceeded(Plain()->Send(late).status()));
  CHECK(server.connections() == 0);
}

TEST_CASE("A CA file that is missing or holds no certificate is named") {
  const auto missing = CreateCurlTransport({.ca_file = "/nonexistent/ca.pem"});
  CHECK(absl::IsNotFound(missing.status()));
  CHECK(std::string(missing.status().message()).find("/nonexistent/ca.pem") != std::string::npos);
  CHECK(absl::IsInvalidArgument(CreateCurlTransport({.ca_file = "/etc/passwd"}).status()));
}

TEST_CASE("A broker's URL is http or https with a host and nothing behind the path") {
  const auto url = ParseHttpUrl("https://kbs.example:8443/prefix");
  REQUIRE(url.ok());
  CHECK(url->host == "kbs.example");
  CHECK(url->port == "8443");
  CHECK(ParseHttpUrl("https://kbs.example")->port == "443");
  const std::string bad = GENERATE("", "kbs.example", "ftp://h/", "https://", "https://u:p@h/",
                                   "https://h/?q=1", "https://h/#f", "file:///etc/passwd");
  CHECK_FALSE(ParseHttpUrl(bad).ok());
}

}  // namespace
}  // namespace attestd::base
