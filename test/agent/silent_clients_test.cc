// SPDX-License-Identifier: Apache-2.0
#include "agent/silent_clients.h"

#include <sys/eventfd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>

namespace attestd::agent {
namespace {

SilentClients::Client Client(const std::string& principal,
                             base::Deadline by = base::Deadline::Infinite()) {
  auto caller = std::make_shared<base::Caller>();
  caller->principal = principal;
  return {.socket = base::UniqueFd(::eventfd(0, EFD_CLOEXEC)),
          .caller = std::move(caller),
          .speak_by = by};
}

int Add(SilentClients& clients, SilentClients::Client client) {
  const int fd = client.socket.get();
  clients.Add(std::move(client));
  return fd;
}

TEST_CASE("Whoever speaks is taken, and is there no more") {
  SilentClients clients;
  const int fd = Add(clients, Client("app"));
  REQUIRE(clients.Find(fd) != nullptr);
  CHECK(clients.Find(fd)->caller->principal == "app");
  CHECK(clients.Take(fd)->socket.get() == fd);
  CHECK(clients.Find(fd) == nullptr);
  CHECK_FALSE(clients.Take(fd).has_value());
  CHECK(clients.empty());
}

TEST_CASE("Those whose time is up are dropped, others stay") {
  SilentClients clients;
  const int late = Add(clients, Client("app", base::Deadline::After(absl::ZeroDuration())));
  const int early = Add(clients, Client("app", base::Deadline::After(absl::Hours(1))));
  clients.DropLate();
  CHECK(clients.Find(late) == nullptr);
  CHECK(clients.Find(early) != nullptr);
}

TEST_CASE("The oldest of a principal makes way, and of that one alone") {
  SilentClients clients;
  const int other = Add(clients, Client("other"));
  const int first = Add(clients, Client("app"));
  const int second = Add(clients, Client("app"));
  CHECK(clients.DropOldest("app"));
  CHECK(clients.Find(first) == nullptr);
  CHECK(clients.Find(second) != nullptr);
  CHECK(clients.DropOldest("app"));
  CHECK_FALSE(clients.DropOldest("app"));
  CHECK(clients.Find(other) != nullptr);
}

}  // namespace
}  // namespace attestd::agent
