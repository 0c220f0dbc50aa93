// SPDX-License-Identifier: Apache-2.0
#include "rest/head.h"

#include <catch2/catch.hpp>
#include <string>

namespace attestd::rest {
namespace {

Head WithFields(std::vector<Head::Field> fields) {
  return {.method = "GET", .target = "/info", .fields = std::move(fields)};
}

TEST_CASE("Hosts of this machine's loopback are served") {
  const std::string_view host = GENERATE("localhost", "LocalHost:8006", "127.0.0.1",
                                         "127.0.0.1:8006", "127.255.3.4:1", "[::1]", "[::1]:65535");
  CHECK(IsLoopbackHost(host));
  CHECK(!RefuseHead(WithFields({{"hOST", host}})).has_value());
}

TEST_CASE("Other hosts are refused") {
  const std::string_view host = GENERATE(
      "", "example.com", "localhost.example.com", "localhost.", "127.0.0.1.example.com", "127.1",
      "0x7f000001", "2130706433", "128.0.0.1", "10.0.0.1", "0.0.0.0", "::1", "[::2]", "[::1",
      "[::1]x", "[::1]80", "[::ffff:127.0.0.1]", "localhost:", "localhost:http", "localhost:80:80",
      "localhost:123456", "user@localhost", "localhost/", " localhost", "127.0.0.1 ",
      "127.0.0.1:-1", "0127.0.0.1");
  CHECK(!IsLoopbackHost(host));
  const auto refusal = RefuseHead(WithFields({{"Host", host}}));
  REQUIRE(refusal.has_value());
  CHECK(refusal->http == 403);
  CHECK(refusal->reason == "HOST_REFUSED");
}

TEST_CASE("No Host, or two, is malformed") {
  CHECK(RefuseHead(WithFields({}))->http == 400);
  CHECK(RefuseHead(WithFields({{"Host", "localhost"}, {"host", "localhost"}}))->http == 400);
}

TEST_CASE("Web pages are refused") {
  const Head::Field field =
      GENERATE(Head::Field{"Origin", "http://localhost:8006"}, Head::Field{"origin", "null"},
               Head::Field{"Origin", ""}, Head::Field{"Sec-Fetch-Site", "cross-site"},
               Head::Field{"Sec-Fetch-Site", "same-origin"});
  const auto refusal = RefuseHead(WithFields({{"Host", "localhost"}, field}));
  REQUIRE(refusal.has_value());
  CHECK(refusal->http == 403);
  CHECK(refusal->reason == "PAGE_REFUSED");
  CHECK(!RefuseHead(WithFields({{"Host", "localhost"}, {"Sec-Fetch-Site", "none"}})).has_value());
}

TEST_CASE("Headers that are none are malformed") {
  const Head::Field field =
      GENERATE(Head::Field{"", "x"}, Head::Field{"a b", "x"}, Head::Field{"Host ", "x"},
               Head::Field{"a\x01", "x"}, Head::Field{"\xc3\xa4", "x"}, Head::Field{"a", "x\x01y"},
               Head::Field{"a", "x\x7f"});
  CHECK(RefuseHead(WithFields({{"Host", "localhost"}, field}))->http == 400);
}

TEST_CASE("A head of more than 16 KiB is too long") {
  const size_t rest = std::string("GET/infoHostlocalhostx").size() + 12 + 2 * 4;
  const std::string most(kMaxHeadBytes - rest, 'v');
  CHECK(!RefuseHead(WithFields({{"Host", "localhost"}, {"x", most}})).has_value());
  const std::string more = most + "v";
  CHECK(RefuseHead(WithFields({{"Host", "localhost"}, {"x", more}}))->http == 431);
}

TEST_CASE("A body has one length or is chunked") {
  CHECK(!ParseFraming(WithFields({}))->has_body());
  CHECK(!ParseFraming(WithFields({{"Content-Length", "0"}}))->has_body());
  CHECK(ParseFraming(WithFields({{"content-length", "18446744073709551615"}}))->length ==
        UINT64_MAX);
  CHECK(ParseFraming(WithFields({{"Transfer-Encoding", "Chunked"}}))->chunked);
  CHECK(ParseFraming(WithFields({{"Transfer-Encoding", "chunked"}}))->has_body());
}

TEST_CASE("Framing that may be read in two ways is refused") {
  using Fields = std::vector<Head::Field>;
  const Fields fields = GENERATE(
      Fields{{"Content-Length", "1"}, {"Content-Length", "1"}},
      Fields{{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}},
      Fields{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
      Fields{{"Transfer-Encoding", "gzip, chunked"}}, Fields{{"Transfer-Encoding", "identity"}},
      Fields{{"Transfer-Encoding", ""}}, Fields{{"Content-Length", ""}},
      Fields{{"Content-Length", "+1"}}, Fields{{"Content-Length", "-1"}},
      Fields{{"Content-Length", "1, 1"}}, Fields{{"Content-Length", "0x1"}},
      Fields{{"Content-Length", "18446744073709551616"}});
  CHECK(!ParseFraming(WithFields(fields)).has_value());
  Fields with_host = fields;
  with_host.push_back({"Host", "localhost"});
  CHECK(RefuseHead(WithFields(with_host))->http == 400);
}

}  // namespace
}  // namespace attestd::rest
