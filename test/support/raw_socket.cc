// SPDX-License-Identifier: Apache-2.0
#include "test/support/raw_socket.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>

namespace attestd::test {

RawSocket::RawSocket(base::UniqueFd socket) : socket_(std::move(socket)) {
  constexpr timeval kPatience = {.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
}

void RawSocket::Write(const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t size =
        ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    REQUIRE(size > 0);
    sent += static_cast<size_t>(size);
  }
}

std::string RawSocket::Read(size_t at_most) {
  std::string bytes(at_most, '\0');
  const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    FAIL("no answer within 30 s");
  }
  bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return bytes;
}

std::string RawSocket::ReadExactly(size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::string more = Read(size - bytes.size());
    if (more.empty()) {
      return "";
    }
    bytes += more;
  }
  return bytes;
}

std::pair<base::UniqueFd, base::UniqueFd> SocketPair() {
  std::array<int, 2> pair{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  return {base::UniqueFd(pair[0]), base::UniqueFd(pair[1])};
}

}  // namespace attestd::test
