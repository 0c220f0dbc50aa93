// SPDX-License-Identifier: Apache-2.0
// Clients that cost more than they may.
#include <absl/time/clock.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "test/rest/rest_lab.h"

namespace attestd::rest {
namespace {

TEST_CASE("A head that is too long is refused") {
  RestLab lab;
  const std::string filler(GENERATE(size_t{17}, size_t{31}, size_t{200}) << 10, 'x');
  const std::string request =
      GENERATE_REF("GET /info HTTP/1.1\r\nHost: localhost\r\nX: " + filler + "\r\n\r\n",
                   "GET /cdh/resource/" + filler + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  RawClient client = lab.Connect();
  // The server may hang up before all is sent.
  ::send(client.socket(), request.data(), request.size(), MSG_NOSIGNAL);
  const auto response = client.Receive();
  if (response.has_value()) {
    CHECK((response->http == 431 || response->http == 414 || response->http == 413));
  }
  CHECK(lab.Connect().Works());
}

TEST_CASE("A head that is just not too long is served") {
  RestLab lab;
  const std::string filler(size_t{15} << 10, 'x');
  RawClient client = lab.Connect();
  for (int i = 0; i < 3; ++i) {
    client.Write("GET /info HTTP/1.1\r\nHost: localhost\r\nX: " + filler + "\r\n\r\n");
    CHECK(client.Receive()->http == 200);
  }
}

TEST_CASE("Many small headers, parameters or cookies are refused as well") {
  RestLab lab;
  std::string headers;
  std::string parameters;
  std::string cookies;
  for (int i = 0; i < 3000; ++i) {
    headers += "a:b\r\n";
    parameters += "&a=";
    cookies += "a=b;";
  }
  const std::string request =
      GENERATE_REF("GET /info HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n",
                   "GET /info?" + parameters + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
                   "GET /info HTTP/1.1\r\nHost: localhost\r\nCookie: " + cookies + "\r\n\r\n");
  RawClient client = lab.Connect();
  ::send(client.socket(), request.data(), request.size(), MSG_NOSIGNAL);
  const auto response = client.Receive();
  if (response.has_value()) {
    CHECK(response->http >= 400);
  }
  CHECK(lab.Connect().Works());
}

TEST_CASE("A body that is too long is refused when it was read") {
  RestLab lab;
  const std::string body(kMaxBodyBytes + 1, 'x');
  RawClient client = lab.Connect();
  client.Send("POST", "/aa/aael", body);
  CHECK(client.Receive()->http == 413);
  CHECK(client.Works());
  client.Write("POST /aa/aael HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.Write("10001\r\n" + body + "\r\n0\r\n\r\n");
  CHECK(client.Receive()->http == 413);
  CHECK(client.Works());
  CHECK(lab.events().empty());
}

TEST_CASE("A body that is much too long is not read") {
  RestLab lab;
  RawClient client = lab.Connect();
  client.Write("POST /aa/aael HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n");
  CHECK(client.Receive()->http == 413);
  CHECK(client.HangsUp());
  RawClient chunked = lab.Connect();
  chunked.Write("POST /aa/aael HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 64; ++i) {
    // The server hangs up in the middle.
    ::send(chunked.socket(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
  }
  CHECK(chunked.HangsUp());
  CHECK(lab.Connect().Works());
}

TEST_CASE("256 clients at once are served, and one more is hung up on") {
  RestLab lab;
  std::vector<RawClient> clients;
  for (int i = 0; i < 256; ++i) {
    clients.push_back(lab.Connect());
  }
  for (RawClient& client : clients) {
    client.Send("GET", "/cdh/resource/park/a/n" + std::to_string(&client - clients.data()));
  }
  lab.AwaitParked(256);
  RawClient one_more = lab.Connect();
  CHECK(one_more.HangsUp());
  for (size_t i = 0; i < clients.size(); ++i) {
    lab.Release("park/a/n" + std::to_string(i));
  }
  for (RawClient& client : clients) {
    CHECK(client.Receive()->body == "sssss");
  }
  clients.clear();
  // There is room again, as soon as the server has seen them leave.
  bool works = false;
  for (int i = 0; i < 10'000 && !works; ++i) {
    RawClient again = lab.Connect();
    const std::string request = "GET /info HTTP/1.1\r\nHost: localhost\r\n\r\n";
    ::send(again.socket(), request.data(), request.size(), MSG_NOSIGNAL);
    works = again.Receive().has_value();
  }
  CHECK(works);
}

TEST_CASE("A client that does not finish its request is hung up on") {
  RestLab lab({.patience = absl::Milliseconds(100)});
  const std::string part =
      GENERATE("", "G", "GET /info HTTP/1.1\r\nHost: loc",
               "POST /aa/aael HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{");
  RawClient client = lab.Connect();
  client.Write(part);
  CHECK(client.HangsUp());
  CHECK(lab.Connect().Works());
}

TEST_CASE("A client that sends a byte now and then has no more time") {
  RestLab lab({.patience = absl::Milliseconds(100)});
  RawClient client = lab.Connect();
  client.Write("GET /info HTTP/1.1\r\nX: ");
  // As long as it lives: a server that counts from the last byte never ends this.
  bool lives = true;
  for (int i = 0; i < 30'000 && lives; ++i) {
    lives = ::send(client.socket(), "x", 1, MSG_NOSIGNAL) == 1;
    absl::SleepFor(absl::Milliseconds(1));
  }
  CHECK(!lives);
}

TEST_CASE("A call may take longer than a client") {
  RestLab lab({.patience = absl::Milliseconds(50)});
  RawClient client = lab.Connect();
  client.Send("GET", "/cdh/resource/park/a/b");
  lab.AwaitParked(1);
  RawClient late = lab.Connect();
  CHECK(late.HangsUp());
  lab.Release("park/a/b");
  CHECK(client.Receive()->body == "sssss");
}

TEST_CASE("A client that does not take its reply is hung up on, and the secret let go of") {
  RestLab lab({.patience = absl::Milliseconds(100)}, size_t{5} << 20);
  RawClient client = lab.Connect();
  client.Send("GET", "/cdh/resource/app/key/main");
  while (lab.secret().use_count() == 1) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  while (lab.secret().use_count() > 1) {
    CHECK(lab.Connect().Works());
  }
  CHECK(client.HangsUp());
}

}  // namespace
}  // namespace attestd::rest
