// SPDX-License-Identifier: Apache-2.0
#include "base/socket_address.h"

#include <catch2/catch.hpp>
#include <string>

namespace attestd::base {
namespace {

TEST_CASE("ParseLoopback takes addresses of loopback with a port") {
  const std::string text =
      GENERATE("127.0.0.1:1", "127.0.0.1:8006", "127.9.9.9:65535", "[::1]:8006");
  const auto address = ParseLoopback(text);
  REQUIRE(address.ok());
  CHECK(IsLoopback(*address));
  CHECK(address->storage.ss_family == (text[0] == '[' ? AF_INET6 : AF_INET));
}

TEST_CASE("ParseLoopback refuses anything else") {
  const std::string text = GENERATE(
      "", ":", "8006", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:+1",
      "127.0.0.1: 1", "127.0.0.1:1 ", "127.1:1", "0.0.0.0:1", "10.0.0.1:1", "::1:1", "[::]:1",
      "[::ffff:127.0.0.1]:1", "[127.0.0.1]:1", "localhost:1", "[::1]1", "[::1", "unix:///a:1");
  CHECK(ParseLoopback(text).status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("UnixAddress takes what fits") {
  CHECK(UnixAddress("/run/a.sock").ok());
  CHECK_FALSE(IsLoopback(UnixAddress("/run/a.sock").value()));
  CHECK(UnixAddress(std::string(107, 'a')).ok());
  CHECK(absl::IsInvalidArgument(UnixAddress(std::string(108, 'a')).status()));
  CHECK(absl::IsInvalidArgument(UnixAddress("").status()));
}

}  // namespace
}  // namespace attestd::base
