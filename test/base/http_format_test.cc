// SPDX-License-Identifier: Apache-2.0
// Dates, Retry-After and heads of replies.
#include <catch2/catch.hpp>
#include <string>

#include "base/http_date.h"
#include "base/reply_head.h"

namespace attestd::base {
namespace {

TEST_CASE("A date is RFC 9110's preferred form of a day that exists") {
  CHECK(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT") == absl::FromUnixSeconds(784111777));
  CHECK(ParseHttpDate("Thu, 29 Feb 2024 23:59:59 GMT") == absl::FromUnixSeconds(1709251199));
  const std::string bad = GENERATE(
      as<std::string>{}, "", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
      "Mon, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
      "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
      "Fri, 30 Feb 2024 00:00:00 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
      "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 06 Nov 0094 08:49:37 GMT");
  INFO(bad);
  CHECK_FALSE(ParseHttpDate(bad).has_value());
}

TEST_CASE("Case 49: Retry-After is seconds or a date, clamped to an hour") {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const auto [text, seconds] = GENERATE(table<std::string, int>({
      {"0", 0},
      {"120", 120},
      {"3600", 3600},
      {"3601", 3600},
      {"999999999", 3600},
      {"99999999999999999999999999", 3600},
      {"Sun, 06 Nov 1994 08:50:37 GMT", 60},
      {"Sun, 06 Nov 1994 08:49:36 GMT", 0},
      {"Mon, 06 Nov 1995 08:49:37 GMT", 3600},
  }));
  INFO(text);
  const HttpResponse response = {
      .status = 503, .headers = {{"retry-after", text}, {"Date", date}}, .body = ""};
  CHECK(response.RetryAfter() == absl::Seconds(seconds));
}

TEST_CASE("Case 49: nonsense in Retry-After asks for nothing") {
  const std::string text = GENERATE(as<std::string>{}, "", "-1", "+1", "1.5", "1 ", "0x10", "soon",
                                    "1e3", "Sun, 06 Nov 1994");
  INFO(text);
  const HttpHeader date = {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"};
  CHECK_FALSE(HttpResponse{.headers = {{"Retry-After", text}, date}, .body = ""}.RetryAfter());
  CHECK_FALSE(HttpResponse{.headers = {date}, .body = ""}.RetryAfter());
  CHECK_FALSE(HttpResponse{.headers = {{"Retry-After", "1"}, {"Retry-After", "2"}}, .body = ""}
                  .RetryAfter());
  // A date without the server's own says nothing.
  CHECK_FALSE(HttpResponse{.headers = {{"Retry-After", date.value}}, .body = ""}.RetryAfter());
}

absl::Status Feed(ReplyHead& head, const std::vector<std::string_view>& lines) {
  for (const std::string_view line : lines) {
    RETURN_IF_ERROR(head.AddLine(line));
  }
  return absl::OkStatus();
}

TEST_CASE("Of a reply's heads the last one counts; trailers do not") {
  ReplyHead head;
  REQUIRE(Feed(head, {"HTTP/1.1 103 Early\r\n", "A: 0\r\n", "Content-Length: 1\r\n", "\r\n",
                      "HTTP/1.1 200 OK\r\n", "A:\t 1 \r\n", "Content-Length: 5\r\n", "B:\r\n",
                      "\r\n", "A: 2\r\n", "Content-Length: 9\r\n"})
              .ok());
  const std::vector<HttpHeader> headers = head.TakeHeaders();
  REQUIRE(headers.size() == 3);
  CHECK(headers[0].name == "A");
  CHECK(headers[0].value == "1");
  CHECK(headers[2].value.empty());
}

TEST_CASE("Case 48: a head that leaves the length of the body open is refused") {
  const auto lines = GENERATE(values<std::vector<std::string_view>>({
      {"HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "content-length: 5\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "Content-Length: 6\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Content-Length: -5\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Content-Length: 5, 5\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Content-Length: 0x5\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Content-Length:\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Content-Length: 99999999999999999999\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Transfer-Encoding: gzip, chunked\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Transfer-Encoding: identity\r\n"},
      {"HTTP/1.1 200 OK\r\n", "Content-Length : 5\r\n"},
      {"HTTP/1.1 200 OK\r\n", "A: 1\r\n", " folded\r\n"},
      {"HTTP/1.1 200 OK\r\n", "no colon\r\n"},
      {"HTTP/1.1 200 OK\r\n", ": no name\r\n"},
  }));
  ReplyHead head;
  const absl::Status status = Feed(head, lines);
  CHECK(absl::IsInternal(status));
  CHECK(GetReason(status) == Reason::kReplyRejected);
}

TEST_CASE("Case 48: a head has at most 100 headers and 16 KiB, interim ones included") {
  ReplyHead head;
  REQUIRE(head.AddLine("HTTP/1.1 200 OK\r\n").ok());
  for (size_t i = 0; i < ReplyHead::kMaxHeaders; ++i) {
    REQUIRE(head.AddLine("A: 1\r\n").ok());
  }
  CHECK(absl::IsResourceExhausted(head.AddLine("A: 1\r\n")));
  ReplyHead long_head;
  REQUIRE(long_head.AddLine("HTTP/1.1 200 OK\r\n").ok());
  const std::string half = "A: " + std::string(ReplyHead::kMaxBytes / 2 - 20, 'x');
  REQUIRE(long_head.AddLine(half).ok());
  REQUIRE(long_head.AddLine(half).ok());
  CHECK(GetReason(long_head.AddLine(half)) == Reason::kReplyRejected);
  absl::Status interim;
  ReplyHead endless;
  for (int i = 0; i < 5000 && interim.ok(); ++i) {
    interim = Feed(endless, {"HTTP/1.1 100 Continue\r\n", "\r\n"});
  }
  CHECK(absl::IsResourceExhausted(interim));
}

}  // namespace
}  // namespace attestd::base
