// SPDX-License-Identifier: Apache-2.0
#include "rest/server.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>

#include "proto/attestation_agent.pb.h"
#include "test/rest/rest_lab.h"

namespace attestd::rest {
namespace {

bool Has(const RawClient::Response& response, const std::string& header) {
  return response.head.find("\r\n" + header + "\r\n") != std::string::npos;
}

TEST_CASE("A resource is its bytes, of any size") {
  const size_t size =
      GENERATE(size_t{0}, size_t{1}, size_t{127}, size_t{128}, size_t{16384}, size_t{5} << 20);
  RestLab lab({}, size);
  const auto response = lab.Ask("GET", "/cdh/resource/app/key/main");
  CHECK(response.http == 200);
  CHECK(response.body == std::string(size, 's'));
  CHECK(Has(response, "Content-Type: application/octet-stream"));
  CHECK(Has(response, "Cache-Control: no-store"));
  CHECK(Has(response, "X-Content-Type-Options: nosniff"));
  // Nothing of it is kept.
  lab.EndServer();
  CHECK(lab.secret().use_count() == 1);
}

TEST_CASE("A secret is let go of when it was sent, not when the client leaves") {
  RestLab lab;
  RawClient client = lab.Connect();
  client.Send("GET", "/cdh/resource/app/key/main");
  CHECK(client.Receive()->body == "sssss");
  CHECK(client.Works());
  CHECK(lab.secret().use_count() == 1);
}

TEST_CASE("Tokens and evidence are their bytes") {
  RestLab lab;
  CHECK(lab.Ask("GET", "/aa/token?token_type=kbs").body == std::string(40, 't'));
  CHECK(lab.Ask("GET", "/aa/evidence?runtime_data=x%00y").body == std::string("x\0y", 3));
  const auto empty = lab.Ask("GET", "/aa/additional-evidence?runtime_data=");
  CHECK(empty.http == 200);
  CHECK(empty.body.empty());
}

TEST_CASE("What attestd is") {
  const auto info = [](Features features) {
    RestLab lab({}, 5, features);
    return lab.Ask("GET", "/info");
  };
  CHECK(info(kAll).body ==
        R"({"version":"1.2","tee":"snp","additional_tees":["nvidia"],"feature":"all"})");
  CHECK(Has(info(kAll), "Content-Type: application/json"));
  CHECK(info({.resource = true}).body == R"({"version":"1.2","feature":"resource"})");
}

TEST_CASE("An event is measured") {
  RestLab lab;
  const auto response =
      lab.Ask("POST", "/aa/aael", R"({"domain":"d","operation":"o","content":"c"})");
  CHECK(response.http == 200);
  CHECK(response.body == R"({"success":"true"})");
  REQUIRE(lab.events().size() == 1);
  attestation_agent::ExtendRuntimeMeasurementRequest message;
  REQUIRE(message.ParseFromString(lab.events().front()));
  CHECK(message.domain() + message.operation() + message.content() == "doc");
}

TEST_CASE("An event may come in chunks, and after 100 Continue") {
  RestLab lab;
  RawClient client = lab.Connect();
  client.Write(
      "POST /aa/aael HTTP/1.1\r\nHost: [::1]:8006\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\n\r\n");
  CHECK(client.Receive()->http == 100);
  client.Write("1f\r\n{\"domain\":\"d\",\"operation\":\"o\",\r\n");
  client.Write("e\r\n\"content\":\"c\"}\r\n0\r\n\r\n");
  CHECK(client.Receive()->http == 200);
  CHECK(lab.events().size() == 1);
  CHECK(client.Works());
}

TEST_CASE("Errors are said in JSON, and the connection goes on") {
  RestLab lab;
  RawClient client = lab.Connect();
  client.Send("GET", "/cdh/resource/refuse/key/main");
  auto response = client.Receive();
  CHECK(response->http == 403);
  CHECK(
      response->body ==
      R"({"error":{"code":"PERMISSION_DENIED","reason":"PERMISSION_DENIED","message":"refused"}})");
  CHECK(Has(*response, "Content-Type: application/json"));
  CHECK(Has(*response, "Cache-Control: no-store"));
  client.Send("PUT", "/info", "{}");
  response = client.Receive();
  CHECK(response->http == 405);
  CHECK(Has(*response, "Allow: GET"));
  CHECK(client.Works());
}

TEST_CASE("HEAD is refused without a body") {
  RestLab lab;
  RawClient client = lab.Connect();
  client.Write("HEAD /info HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  std::string all(1000, '\0');
  size_t size = 0;
  for (ssize_t more = 1; more > 0; size += static_cast<size_t>(more)) {
    more = ::recv(client.socket(), all.data() + size, all.size() - size, 0);
    REQUIRE(more >= 0);
  }
  all.resize(size);
  CHECK(all.starts_with("HTTP/1.1 405 "));
  CHECK(all.ends_with("\r\n\r\n"));
}

TEST_CASE("Requests on one connection are answered in their order") {
  RestLab lab;
  RawClient client = lab.Connect();
  client.Send("GET", "/cdh/resource/park/a/b");
  client.Send("GET", "/aa/evidence?runtime_data=2");
  client.Send("POST", "/aa/aael", R"({"domain":"d","operation":"o","content":"c"})");
  client.Send("GET", "/nothing");
  client.Send("GET", "/aa/evidence?runtime_data=5");
  lab.Release("park/a/b");
  CHECK(client.Receive()->body == "sssss");
  CHECK(client.Receive()->body == "2");
  CHECK(client.Receive()->body == R"({"success":"true"})");
  CHECK(client.Receive()->http == 404);
  CHECK(client.Receive()->body == "5");
}

TEST_CASE("A request may come byte by byte") {
  RestLab lab;
  RawClient client = lab.Connect();
  for (const char c : std::string("GET /aa/evidence?runtime_data=slow HTTP/1.1\r\n"
                                  "Host: 127.0.0.1\r\n\r\n")) {
    client.Write(std::string(1, c));
  }
  CHECK(client.Receive()->body == "slow");
}

TEST_CASE("A slow call keeps nobody else waiting") {
  RestLab lab;
  RawClient slow = lab.Connect();
  slow.Send("GET", "/cdh/resource/park/a/b");
  lab.AwaitParked(1);
  CHECK(lab.Connect().Works());
  lab.Release("park/a/b");
  CHECK(slow.Receive()->body == "sssss");
}

TEST_CASE("HTTP/1.0 is served and the connection closed") {
  RestLab lab;
  RawClient client = lab.Connect();
  client.Write("GET /aa/evidence?runtime_data=x HTTP/1.0\r\nHost: localhost\r\n\r\n");
  CHECK(client.Receive()->body == "x");
  CHECK(client.HangsUp());
}

TEST_CASE("Requests that are refused, whatever they ask") {
  struct Case {
    std::string request;
    int http;
  };
  const std::string line = "GET /aa/evidence?runtime_data=x HTTP/1.1\r\n";
  const Case one = GENERATE_REF(
      Case{line + "\r\n", 400}, Case{line + "Host: example.com\r\n\r\n", 403},
      Case{line + "Host: localhost\r\nHost: localhost\r\n\r\n", 400},
      Case{line + "Host: localhost\r\nOrigin: http://localhost\r\n\r\n", 403},
      Case{line + "Host : localhost\r\n\r\n", 400},
      Case{line + "Host: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
      Case{line + "Host: localhost\r\nContent-Length: 1\r\n\r\nx", 400},
      Case{line + "Host: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
      Case{"GET http://localhost/info HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      Case{"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      Case{std::string("GET /cdh/resource/a/b/c\0d HTTP/1.1\r\nHost: localhost\r\n\r\n", 55), 400},
      Case{std::string("GET /info\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 40), 400},
      Case{"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      Case{"GET /cdh/resource/a%2Fb/c HTTP/1.1\r\nHost: localhost\r\n\r\n", 400});
  RestLab lab;
  RawClient client = lab.Connect();
  client.Write(one.request);
  const auto response = client.Receive();
  REQUIRE(response.has_value());
  CAPTURE(one.request, response->body);
  CHECK(response->http == one.http);
  CHECK(lab.secret().use_count() == 1);
}

TEST_CASE("What is no HTTP is hung up on") {
  const std::string bytes =
      GENERATE("\r\n\r\n\x16\x03\x01\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "hello\r\n\r\n",
               "GET /in fo HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /info\r\n\r\n");
  RestLab lab;
  RawClient client = lab.Connect();
  client.Write(bytes);
  CHECK(client.HangsUp());
  CHECK(lab.Connect().Works());
}

}  // namespace
}  // namespace attestd::rest
