// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/wire_request.h"

#include <catch2/catch.hpp>
#include <string>

namespace attestd::dev_kbs {
namespace {

TEST_CASE("A request's head gives path, query, cookies and authorization") {
  const auto head = ParseRequestHead(
      "POST /a/%62%2f%?q=%20&r HTTP/1.1\r\nHost: a\r\ncookie: x=1\r\nCookie: y=2\r\n"
      "Authorization: Bearer t\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(head.ok());
  CHECK(head->request.method == "POST");
  CHECK(head->request.path == "/a/b/%");
  CHECK(head->request.query == "q=%20&r");
  CHECK(head->request.cookie == "x=1; y=2");
  CHECK(head->request.authorization == "Bearer t");
  CHECK(head->content_length == 7);
  CHECK(head->expects_continue);
  CHECK(head->keep_alive);
}

TEST_CASE("A connection is kept unless the request says otherwise") {
  CHECK(ParseRequestHead("GET / HTTP/1.1\r\n\r\n")->keep_alive);
  CHECK_FALSE(ParseRequestHead("GET / HTTP/1.0\r\n\r\n")->keep_alive);
  CHECK_FALSE(ParseRequestHead("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n")->keep_alive);
}

TEST_CASE("What is no head of HTTP/1 is refused") {
  for (const char* bad :
       {"", "GET / \r\n\r\n", "GET x HTTP/1.1\r\n\r\n", " / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: \r\n\r\n"}) {
    CAPTURE(bad);
    CHECK(ParseRequestHead(bad).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace attestd::dev_kbs
