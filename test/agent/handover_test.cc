// SPDX-License-Identifier: Apache-2.0
#include "agent/handover.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

namespace attestd::agent {
namespace {

std::pair<base::UniqueFd, base::UniqueFd> Connected() {
  std::array<int, 2> pair{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  return {base::UniqueFd(pair[0]), base::UniqueFd(pair[1])};
}

ptrdiff_t OpenDescriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST_CASE("A socket that is handed over arrives with its features") {
  const auto [one, other] = Connected();
  const base::UniqueFd passed(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(SendHandover(one, passed, "all").ok());
  const auto handover = ReceiveHandover(other);
  REQUIRE(handover.ok());
  CHECK(handover->features == "all");
  CHECK(handover->socket.get() != passed.get());
  CHECK((::fcntl(handover->socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("Another message is refused") {
  const std::string text = GENERATE("L", "LISTEN rest all", "LISTEN grpc all\n",
                                    "LISTEN rest all\n" /* but no socket */);
  const auto [one, other] = Connected();
  REQUIRE(::send(one.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  CHECK(absl::IsInvalidArgument(ReceiveHandover(other).status()));
}

TEST_CASE("A refused socket is closed") {
  const auto [one, other] = Connected();
  const base::UniqueFd passed(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const ptrdiff_t before = OpenDescriptors();
  REQUIRE(SendHandover(one, passed, std::string(100, 'x')).ok());
  CHECK(absl::IsInvalidArgument(ReceiveHandover(other).status()));
  CHECK(OpenDescriptors() == before);
}

}  // namespace
}  // namespace attestd::agent
