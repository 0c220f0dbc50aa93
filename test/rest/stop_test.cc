// SPDX-License-Identifier: Apache-2.0
// Clients that leave, and a server that ends.
#include <absl/time/clock.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "test/rest/rest_lab.h"

namespace attestd::rest {
namespace {

size_t Count(const std::string& folder) {
  const std::filesystem::directory_iterator entries(folder);
  return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

TEST_CASE("A client that leaves stops its call") {
  RestLab lab;
  RawClient client = lab.Connect();
  RawClient other = lab.Connect();
  client.Send("GET", "/cdh/resource/park/a/b");
  other.Send("GET", "/cdh/resource/park/c/d");
  lab.AwaitParked(2);
  // Nobody else's.
  if (GENERATE(true, false)) {
    client.Leave();
  } else {
    ::shutdown(client.socket(), SHUT_WR);
  }
  lab.AwaitParked(1);
  lab.Release("park/c/d");
  CHECK(other.Receive()->body == "sssss");
}

TEST_CASE("A client that leaves with requests behind the first stops its call") {
  RestLab lab;
  RawClient client = lab.Connect();
  client.Send("GET", "/cdh/resource/park/a/b");
  client.Send("GET", "/cdh/resource/park/c/d");
  lab.AwaitParked(1);
  client.Leave();
  lab.AwaitParked(0);
  CHECK(lab.Connect().Works());
}

TEST_CASE("A server that drains finishes what it has and takes nothing new") {
  RestLab lab;
  RawClient idle = lab.Connect();
  CHECK(idle.Works());
  RawClient half = lab.Connect();
  half.Write("GET /info HTTP/1.1\r\n");
  RawClient client = lab.Connect();
  client.Send("GET", "/cdh/resource/park/a/b");
  client.Send("GET", "/aa/evidence?runtime_data=next");
  lab.AwaitParked(1);
  lab.server().Drain();
  CHECK(idle.HangsUp());
  CHECK(half.HangsUp());
  lab.Release("park/a/b");
  const auto response = client.Receive();
  CHECK(response->body == "sssss");
  CHECK(response->head.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(client.HangsUp());
  CHECK(lab.Connect().HangsUp());
}

TEST_CASE("A server that ends stops calls that take too long") {
  RestLab lab;
  RawClient client = lab.Connect();
  client.Send("GET", "/cdh/resource/park/a/b");
  lab.AwaitParked(1);
  const absl::Time before = absl::Now();
  lab.EndServer();
  CHECK(absl::Now() - before >= absl::Seconds(4));
  CHECK(client.HangsUp());
  CHECK(lab.secret().use_count() == 1);
}

TEST_CASE("A server leaves no thread and no descriptor") {
  {
    RestLab first;
    CHECK(first.Connect().Works());
  }  // what is made once
  const size_t threads = Count("/proc/self/task");
  const size_t descriptors = Count("/proc/self/fd");
  for (int i = 0; i < 20; ++i) {
    RestLab lab;
    RawClient idle = lab.Connect();
    RawClient busy = lab.Connect();
    busy.Send("GET", "/cdh/resource/park/a/b");
    lab.AwaitParked(1);
    CHECK(lab.Connect().Works());
    CHECK(Count("/proc/self/task") == threads + 1);
    busy.Leave();
    lab.AwaitParked(0);
  }
  CHECK(Count("/proc/self/task") == threads);
  CHECK(Count("/proc/self/fd") == descriptors);
}

TEST_CASE("A server that nobody asked ends at once") {
  RestLab lab;
  lab.EndServer();
  SUCCEED("it has ended");
}

}  // namespace
}  // namespace attestd::rest
