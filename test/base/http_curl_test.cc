// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "test/base/http_test_request.h"
#include "test/fakes/canned_http_server.h"

namespace attestd::base {
namespace {

using fakes::CannedHttpServer;

TEST_CASE("The transport keeps its connection and returns headers, status and body") {
  CannedHttpServer server(
      {"HTTP/1.1 401 No\r\nX-One: 1\r\nx-one:  2 \r\nContent-Length: 2\r\n\r\nno", OkReply("yes")});
  const auto transport = PlainTransport();
  const auto first = transport->Send(Get(server.Url("/a")));
  REQUIRE(first.ok());
  CHECK(first->status == 401);
  CHECK(first->body == "no");
  CHECK(first->Values("X-ONE") == std::vector<std::string>{"1", "2"});
  CHECK(transport->Send(Get(server.Url("/b")))->body == "yes");
  CHECK(server.connections() == 1);
}

TEST_CASE("A POST carries its body and headers and does not ask for permission first") {
  CannedHttpServer server({OkReply("")});
  HttpRequest request = Get(server.Url("/p"));
  request.method = HttpRequest::Method::kPost;
  request.headers = {{"Cookie", "kbs-session-id=1"}};
  request.body = "{\"a\":1}";
  REQUIRE(PlainTransport()->Send(request).ok());
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
  const auto response = PlainTransport()->Send(Get(server.Url("/")));
  REQUIRE(response.ok());
  CHECK(std::to_string(response->status) == code);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("Case 43: what the environment says is ignored") {
  constexpr std::array<const char*, 9> kNames = {"http_proxy",     "HTTP_PROXY",    "https_proxy",
                                                 "HTTPS_PROXY",    "all_proxy",     "ALL_PROXY",
                                                 "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"};
  CannedHttpServer server({OkReply("direct")});
  for (const char* name : kNames) {
    ::setenv(name, "http://127.0.0.1:1", 1);
  }
  const auto response = PlainTransport()->Send(Get(server.Url("/")));
  for (const char* name : kNames) {
    ::unsetenv(name);
  }
  REQUIRE(response.ok());
  CHECK(response->body == "direct");
}

TEST_CASE("Case 47: a reply over the limit is cut off, whatever its length says") {
  const std::string body(2000, 'x');
  const std::string answer = GENERATE_COPY(
      as<std::string>{}, OkReply(body), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + body + "\r\n");
  CannedHttpServer server({answer});
  HttpRequest request = Get(server.Url("/"));
  request.max_reply = 1999;
  const auto response = PlainTransport()->Send(request);
  CHECK(absl::IsResourceExhausted(response.status()));
  CHECK(GetReason(response.status()) == Reason::kReplyRejected);
}

TEST_CASE("Case 47: a compressed body is not unpacked, as nobody asked for it") {
  // An empty gzip member; what matters is that it arrives as it is.
  const std::string body("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20);
  CannedHttpServer server({OkReply(body, "Content-Encoding: gzip\r\n")});
  const auto response = PlainTransport()->Send(Get(server.Url("/")));
  REQUIRE(response.ok());
  CHECK(response->body == body);
}

TEST_CASE("Case 48: nonsense in place of HTTP is no answer") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string answer = GENERATE_COPY(
      as<std::string>{}, "hello\r\n\r\n", "HTTP/0.9\r\n\r\nx", std::string(4, '\0'),
      ok + "X: " + std::string(20000, 'y') + "\r\n\r\n", ok + "Content-Length: -1\r\n\r\n",
      ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
      ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      ok + "Transfer-Encoding: gzip\r\n\r\nab", ok + "Content-Length: 1, 1\r\n\r\na",
      ok + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n");
  CannedHttpServer server({answer});
  const absl::Status status = PlainTransport()->Send(Get(server.Url("/"))).status();
  INFO(status);
  CHECK((absl::IsUnavailable(status) || GetReason(status) == Reason::kReplyRejected));
}

TEST_CASE("Case 48: 100 headers pass and 1,000 do not") {
  const int count = GENERATE(99, 1000);  // and Content-Length
  std::string headers;
  for (int i = 0; i < count; ++i) {
    headers += "A: 1\r\n";
  }
  CannedHttpServer server({OkReply("x", headers)});
  const auto response = PlainTransport()->Send(Get(server.Url("/")));
  CHECK(response.ok() == (count == 99));
  CHECK((response.ok() || GetReason(response.status()) == Reason::kReplyRejected));
}

TEST_CASE("Case 48: bytes behind a short Content-Length are not the next answer") {
  CannedHttpServer server({OkReply("ab") + OkReply("forged"), OkReply("true")});
  const auto transport = PlainTransport();
  CHECK(transport->Send(Get(server.Url("/1")))->body == "ab");
  CHECK(transport->Send(Get(server.Url("/2")))->body == "true");
  CHECK(server.connections() == 2);
}

TEST_CASE("A header or a URL with a control character is not sent") {
  CannedHttpServer server({});
  HttpRequest request = Get(server.Url("/"));
  request.headers = {{"Cookie", "a\r\nX: 1"}};
  CHECK(absl::IsInvalidArgument(PlainTransport()->Send(request).status()));
  CHECK(absl::IsInvalidArgument(PlainTransport()->Send(Get(server.Url("/\n"))).status()));
  CHECK(server.connections() == 0);
}

TEST_CASE("Case 46: a server that says nothing costs no more than the deadline") {
  CannedHttpServer server({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstall"});
  HttpRequest request = Get(server.Url("/"));
  request.deadline = Deadline::After(absl::Milliseconds(100));
  const absl::Duration before = BootTime();
  CHECK(absl::IsDeadlineExceeded(PlainTransport()->Send(request).status()));
  CHECK(BootTime() - before < absl::Seconds(2));
}

TEST_CASE("A port where nobody listens is Unavailable; a deadline in the past sends nothing") {
  const auto refused = PlainTransport()->Send(Get("http://127.0.0.1:1/"));
  CHECK(absl::IsUnavailable(refused.status()));
  CHECK(GetReason(refused.status()) == Reason::kBrokerUnreachable);
  CannedHttpServer server({});
  HttpRequest late = Get(server.Url("/"));
  late.deadline = Deadline::After(absl::ZeroDuration());
  CHECK(absl::IsDeadlineExceeded(PlainTransport()->Send(late).status()));
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
