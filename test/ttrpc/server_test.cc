// SPDX-License-Identifier: Apache-2.0
#include "ttrpc/server.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "test/ttrpc/ttrpc_lab.h"

namespace attestd::ttrpc {
namespace {

int Code(absl::StatusCode code) { return static_cast<int>(code); }

auto CountThreads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST_CASE("A method's reply comes back on the request's stream") {
  const size_t size = GENERATE(size_t{0}, size_t{5}, size_t{3} << 20);
  TtrpcLab lab({}, size);
  RawClient client = lab.Connect();
  client.Send(7, "Secret");
  const auto secret = client.Receive();
  REQUIRE(secret.has_value());
  CHECK(secret->stream == 7);
  CHECK(secret->code == 0);
  CHECK(secret->payload == "is:" + std::string(base::AsText(lab.secret()->view())));
  CHECK(client.Works());
}

TEST_CASE("Requests of one connection are answered in the order in which they are done") {
  TtrpcLab lab;
  RawClient client = lab.Connect();
  client.Send(3, "Park", "a");
  client.Send(1, "Park", "b");  // threads of a client take stream ids before they send
  client.Send(5, "Park", "c");
  lab.AwaitParked(3);
  CHECK(client.Works());
  for (const auto& [name, stream] :
       std::vector<std::pair<std::string, uint32_t>>{{"c", 5}, {"a", 3}, {"b", 1}}) {
    lab.Release(name);
    const auto response = client.Receive();
    REQUIRE(response.has_value());
    CHECK(response->stream == stream);
    CHECK(response->payload == "parked " + name);
  }
  // A stream that is done is free.
  client.Send(3, "Echo", "again");
  CHECK(client.Receive()->payload == "again");
}

TEST_CASE("A connection takes so many requests at a time") {
  TtrpcLab lab({.calls = 2});
  RawClient client = lab.Connect();
  RawClient other = lab.Connect();
  client.Send(1, "Park", "a");
  client.Send(3, "Park", "b");
  lab.AwaitParked(2);
  client.Send(5, "Echo");
  const auto refused = client.Receive();
  REQUIRE(refused.has_value());
  CHECK(refused->stream == 5);
  CHECK(refused->code == Code(absl::StatusCode::kResourceExhausted));
  CHECK(other.Works());
  lab.Release("a");
  CHECK(client.Receive()->stream == 1);
  CHECK(client.Works());
}

TEST_CASE("A caller's time ends its call, and no other") {
  TtrpcLab lab;
  RawClient client = lab.Connect();
  client.Send(1, "Park", "stays", 60'000'000'000);
  client.Send(3, "Park", "ends", GENERATE(int64_t{20'000'000}, int64_t{1}, int64_t{-1}));
  const auto response = client.Receive();
  REQUIRE(response.has_value());
  CHECK(response->stream == 3);
  CHECK(response->code == Code(absl::StatusCode::kDeadlineExceeded));
  lab.AwaitParked(1);
  lab.Release("stays");
  CHECK(client.Receive()->payload == "parked stays");
}

TEST_CASE("A caller that leaves stops its calls, and no others") {
  TtrpcLab lab;
  RawClient stays = lab.Connect();
  stays.Send(1, "Park", "stays");
  lab.AwaitParked(1);
  {
    RawClient leaves = lab.Connect();
    leaves.Send(1, "Park", "a");
    leaves.Send(3, "Park", "b");
    lab.AwaitParked(3);
  }
  lab.AwaitParked(1);
  lab.Release("stays");
  CHECK(stays.Receive()->payload == "parked stays");
}

TEST_CASE("A reply whose caller has left is let go of") {
  TtrpcLab lab;
  {
    RawClient leaves = lab.Connect();
    for (uint32_t stream = 1; stream < 99; stream += 2) {
      leaves.Send(stream, "Secret");
    }
  }
  CHECK(lab.Connect().Works());
  lab.EndServer();
  CHECK(lab.secret().use_count() == 1);
}

TEST_CASE("One thread serves all, and none until the first connection") {
  const auto before = CountThreads();
  TtrpcLab lab;
  CHECK(CountThreads() == before);
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(lab.Connect());
    CHECK(clients.back().Works());
  }
  CHECK(CountThreads() == before + 1);
  lab.EndServer();
  CHECK(CountThreads() == before);
}

TEST_CASE("A server that drains finishes what it began, and takes no more") {
  TtrpcLab lab;
  RawClient client = lab.Connect();
  RawClient idle = lab.Connect();
  client.Send(1, "Park", "a");
  lab.AwaitParked(1);
  CHECK(idle.Works());
  lab.server().Drain();
  CHECK_FALSE(idle.Receive().has_value());
  client.Send(3, "Echo");
  const auto refused = client.Receive();
  REQUIRE(refused.has_value());
  CHECK(refused->code == Code(absl::StatusCode::kUnavailable));
  lab.Release("a");
  CHECK(client.Receive()->payload == "parked a");
  CHECK_FALSE(client.Receive().has_value());
}

TEST_CASE("A server that ends stops what does not finish in five seconds") {
  TtrpcLab lab;
  RawClient client = lab.Connect();
  client.Send(1, "Park", "a");
  lab.AwaitParked(1);
  const absl::Duration before = base::BootTime();
  lab.EndServer();
  const absl::Duration took = base::BootTime() - before;
  CHECK(took >= absl::Seconds(5));
  CHECK(took < absl::Seconds(20));
  CHECK_FALSE(client.Receive().has_value());
}

}  // namespace
}  // namespace attestd::ttrpc
