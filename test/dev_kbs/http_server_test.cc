// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/http_server.h"

#include <absl/synchronization/mutex.h>
#include <httplib.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace attestd::dev_kbs {
namespace {

// A server that shows what it was asked.
class Echo {
 public:
  Echo() {
    const auto handler = [](const KbsRequest& request) {
      return KbsAnswer{.status = request.path == "/refused" ? 401 : 200,
                       .content_type = "application/json",
                       .set_cookie = "a=b",
                       .body = request.method + " " + request.path + " " + request.query + " " +
                               request.cookie + " " + request.authorization + " " +
                               std::to_string(request.body.size()),
                       .refusal = request.path == "/refused" ? "refused: a\nb" : ""};
    };
    const auto sink = [this](const std::string& line) {
      const absl::MutexLock lock(&mutex_);
      lines_.push_back(line);
    };
    server = HttpServer::Start({.host = "127.0.0.1"}, handler, sink).value();
  }

  httplib::Client Client() const {
    httplib::Client client("127.0.0.1", server->port());
    client.set_keep_alive(true);
    client.set_tcp_nodelay(true);
    return client;
  }
  // The line is written after the answer left: wait for it.
  std::vector<std::string> Lines(size_t count) {
    const absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]()
                            ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return lines_.size() >= count; };
    mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(20));
    return lines_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);

 public:
  std::unique_ptr<HttpServer> server;
};

TEST_CASE("The handler gets method, path, cookies, authorization and body") {
  Echo echo;
  httplib::Client client = echo.Client();
  const auto get = client.Get("/a/%62?q=1%20", {{"Cookie", "x=1"}, {"Cookie", "y=2"}});
  REQUIRE(get);
  CHECK(get->status == 200);
  CHECK(get->body == "GET /a/b q=1%20 x=1; y=2  0");
  CHECK(get->get_header_value("Set-Cookie") == "a=b");
  CHECK(get->get_header_value("Content-Type") == "application/json");
  const auto post = client.Post("/p", {{"Authorization", "Bearer t"}}, "body", "text/plain");
  REQUIRE(post);
  CHECK(post->body == "POST /p   Bearer t 4");
}

TEST_CASE("Each request gives one line, after the reason for a refusal, and never the query") {
  Echo echo;
  httplib::Client client = echo.Client();
  client.Get("/good?secret=1");
  client.Get("/refused");
  client.Get("/a%0Ab");
  CHECK(echo.Lines(4) == std::vector<std::string>{"GET /good 200", "refused: a\\x0ab",
                                                  "GET /refused 401", "GET /a\\x0ab 200"});
}

TEST_CASE("A body of 2 MiB is taken and a longer one refused in Trustee's words") {
  Echo echo;
  httplib::Client client = echo.Client();
  const size_t limit = size_t{2} << 20;
  const auto most = client.Post("/", std::string(limit, 'x'), "text/plain");
  REQUIRE(most);
  CHECK(most->status == 200);
  const auto more = client.Post("/", std::string(limit + 1, 'x'), "text/plain");
  REQUIRE(more);
  CHECK(more->status == 413);
  CHECK(more->body == "payload reached size limit");
}

TEST_CASE("A path as long as the library takes does no harm") {
  Echo echo;
  httplib::Client client = echo.Client();
  const auto answer = client.Get("/" + std::string(8000, 'a'));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(echo.Client().Get("/")->status == 200);
}

TEST_CASE("Stop does not wait for kept connections") {
  Echo echo;
  std::vector<httplib::Client> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(echo.Client());
    REQUIRE(clients.back().Get("/"));
  }
  const auto start = std::chrono::steady_clock::now();
  echo.server->Stop();
  // Far below the idle time of a kept connection.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
  CHECK_FALSE(clients.front().Get("/"));
}

TEST_CASE("A port that is taken is an error") {
  Echo echo;
  const auto second = HttpServer::Start(
      {.host = "127.0.0.1", .port = echo.server->port()},
      [](const KbsRequest&) { return KbsAnswer{}; }, [](const std::string&) {});
  CHECK(second.status().code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("A certificate that cannot be read is an error") {
  const auto server = HttpServer::Start(
      {.host = "127.0.0.1", .cert = "/nonexistent/cert.pem", .key = "/nonexistent/key.pem"},
      [](const KbsRequest&) { return KbsAnswer{}; }, [](const std::string&) {});
  CHECK(server.status().code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace attestd::dev_kbs
