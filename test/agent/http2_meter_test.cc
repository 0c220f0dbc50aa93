// SPDX-License-Identifier: Apache-2.0
#include "agent/http2_meter.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

namespace attestd::agent {
namespace {

constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum : uint8_t { kData = 0, kHeaders = 1, kPriority = 2, kReset = 3, kSettings = 4, kPing = 6 };
constexpr uint8_t kContinuation = 9;
constexpr uint8_t kEnd = 1;
constexpr uint8_t kEndHeaders = 4;

std::string Frame(uint8_t type, uint8_t flags, size_t size) {
  std::string frame(9 + size, '\x7f');
  frame[0] = static_cast<char>(size >> 16U);
  frame[1] = static_cast<char>(size >> 8U);
  frame[2] = static_cast<char>(size);
  frame[3] = static_cast<char>(type);
  frame[4] = static_cast<char>(flags);
  return frame;
}

std::string Call() { return Frame(kHeaders, kEndHeaders, 200) + Frame(kData, kEnd, 60); }

constexpr Http2Budget::Requests kRequests = {.burst = 4000, .per_second = 2000};

class Client {
 public:
  explicit Client(std::shared_ptr<Http2Budget> budget = std::make_shared<Http2Budget>(kRequests,
                                                                                      kStart))
      : meter_(std::move(budget)) {
    REQUIRE(Send(kPreface + Frame(kSettings, 0, 12)));
    REQUIRE(Send(Frame(kSettings, 1, 0)));
  }
  bool Send(const std::string& bytes, absl::Duration later = absl::ZeroDuration()) {
    return meter_.Take(base::AsBytes(bytes), kStart + later);
  }
  // How many of them pass at once.
  int Pass(const std::string& bytes, int most = 100'000) {
    int passed = 0;
    while (passed < most && Send(bytes)) {
      ++passed;
    }
    return passed;
  }

  static constexpr absl::Duration kStart = absl::Hours(1);

 private:
  Http2Meter meter_;
};

TEST_CASE("A client that calls again and again passes, in whatever pieces it sends") {
  Client client;
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(client.Send(Call() + Frame(kPing, 0, 8), absl::Milliseconds(i)));
  }
  const std::string calls = Call() + Frame(kHeaders, 0, 16'384) + Frame(kContinuation, 4, 9000);
  for (const char byte : calls) {
    REQUIRE(client.Send(std::string(1, byte), absl::Seconds(10)));
  }
}

TEST_CASE("What costs us more than the client ends its connection") {
  Client client;
  struct Row {
    std::string frame;
    int at_least;
    int at_most;
  };
  const Row row =
      GENERATE(Row{Call() + Frame(kReset, 0, 4), 1000, 1001},  //
               Row{Call(), 16'000, 16'001},                    //
               Row{Frame(kPing, 0, 8), 15'000, 16'001}, Row{Frame(kSettings, 0, 0), 15'000, 16'001},
               Row{Frame(kPriority, 0, 5), 15'000, 16'001}, Row{Frame(0xf7, 0, 3), 15'000, 16'001},
               Row{Frame(kData, 0, 0), 15'000, 16'001}, Row{Frame(kContinuation, 0, 0), 31, 32},
               Row{Frame(kContinuation, 0, 16'384), 7, 8});
  const int passed = client.Pass(row.frame);
  CHECK(passed >= row.at_least);
  CHECK(passed <= row.at_most);
  // It stays over.
  CHECK_FALSE(client.Send(Frame(kData, kEnd, 5), absl::Hours(1)));
}

TEST_CASE("A principal's connections share what it may do, and get it back in time") {
  const auto budget = std::make_shared<Http2Budget>(kRequests, Client::kStart);
  Client first(budget);
  CHECK(first.Pass(Frame(kReset, 0, 4)) == 1000);
  Client second(budget);
  CHECK_FALSE(second.Send(Frame(kReset, 0, 4)));
  Client third(budget);
  CHECK(third.Send(Frame(kReset, 0, 4), absl::Seconds(1)));
  Client other;
  CHECK(other.Send(Frame(kReset, 0, 4)));
}

TEST_CASE("Whoever may call more often may open more streams") {
  const Http2Budget::Requests many = {.burst = 10'000, .per_second = 2000};
  Client client(std::make_shared<Http2Budget>(many, Client::kStart));
  CHECK(client.Pass(Call()) == 40'000);
}

TEST_CASE("Whoever may call seldom is answered when it calls too often, and not hung up on") {
  const Http2Budget::Requests few = {.burst = 1, .per_second = 1};
  Client client(std::make_shared<Http2Budget>(few, Client::kStart));
  CHECK(client.Pass(Call()) == 16'000);
}

TEST_CASE("Before it has seen how many streams it may have, a client opens few") {
  Http2Meter meter(std::make_shared<Http2Budget>(kRequests, Client::kStart));
  const std::string open = Frame(kHeaders, kEndHeaders, 10);
  REQUIRE(meter.Take(base::AsBytes(std::string(kPreface)), Client::kStart));
  int passed = 0;
  while (passed < 5000 && meter.Take(base::AsBytes(open), Client::kStart)) {
    ++passed;
  }
  CHECK(passed == 1024);
}

}  // namespace
}  // namespace attestd::agent
