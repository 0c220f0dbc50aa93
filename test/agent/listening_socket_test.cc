// SPDX-License-Identifier: Apache-2.0
#include "agent/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>

#include "base/socket_address.h"

namespace attestd::agent {
namespace {

// A socket bound to a port that the kernel chooses.
base::UniqueFd Bound(const char* host, bool listening) {
  auto address = base::ParseLoopback("127.0.0.1:1").value();
  auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
  four.sin_port = 0;
  REQUIRE(::inet_pton(AF_INET, host, &four.sin_addr) == 1);
  base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.get(), address.get(), address.size) == 0);
  REQUIRE((!listening || ::listen(socket.get(), 1) == 0));
  return socket;
}

ListenerConfig At(const std::string& address) {
  ListenerConfig config;
  config.address = address;
  return config;
}

TEST_CASE("A socket on loopback that another process made is taken") {
  const auto socket = ListeningSocket::Adopt(Bound("127.0.0.1", true));
  REQUIRE(socket.ok());
  CHECK((::fcntl(socket->fd(), F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("A socket that others on the network reach is not") {
  const auto socket = ListeningSocket::Adopt(Bound("0.0.0.0", true));
  CHECK(absl::IsFailedPrecondition(socket.status()));
}

TEST_CASE("A socket that does not listen is not") {
  CHECK(absl::IsFailedPrecondition(ListeningSocket::Adopt(Bound("127.0.0.1", false)).status()));
  CHECK_FALSE(ListeningSocket::Adopt(base::UniqueFd(::open("/dev/null", O_RDONLY))).ok());
}

TEST_CASE("An address that is taken is an error that names it") {
  const base::UniqueFd other = Bound("127.0.0.1", true);
  const auto address = base::LocalAddress(other).value();
  const auto port = ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
  const std::string text = "127.0.0.1:" + std::to_string(port);
  const auto socket = ListeningSocket::Open(At(text));
  REQUIRE_FALSE(socket.ok());
  CHECK(std::string(socket.status().message()).find(text) != std::string::npos);
}

TEST_CASE("A socket that systemd did not pass is an error that says what to write") {
  ListenerConfig config;
  config.systemd_socket = "rest";
  const auto socket = ListeningSocket::Open(config);
  CHECK(absl::IsFailedPrecondition(socket.status()));
  CHECK(std::string(socket.status().message()).find("FileDescriptorName=rest") !=
        std::string::npos);
}

}  // namespace
}  // namespace attestd::agent
