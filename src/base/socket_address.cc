// SPDX-License-Identifier: Apache-2.0
#include "base/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>

#include "base/file.h"

namespace attestd::base {
namespace {

std::optional<in_port_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || port == 0) {
    return std::nullopt;
  }
  return htons(port);
}

template <typename Specific>
SocketAddress Generic(const Specific& specific) {
  SocketAddress address;
  static_assert(sizeof specific <= sizeof address.storage);
  std::memcpy(&address.storage, &specific, sizeof specific);
  address.size = sizeof specific;
  return address;
}

template <typename Specific>
Specific As(const SocketAddress& address) {
  Specific specific;
  std::memcpy(&specific, &address.storage, sizeof specific);
  return specific;
}

std::optional<SocketAddress> Parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string host(text.substr(0, colon));
  const std::optional<in_port_t> port = ParsePort(text.substr(colon + 1));
  if (!port.has_value()) {
    return std::nullopt;
  }
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = *port;
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    return Generic(four);
  }
  if (!host.starts_with('[') || !host.ends_with(']')) {
    return std::nullopt;
  }
  host = host.substr(1, host.size() - 2);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = *port;
  return ::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1 ? std::optional(Generic(six))
                                                                  : std::nullopt;
}

}  // namespace

absl::StatusOr<SocketAddress> ParseLoopback(std::string_view text) {
  const std::optional<SocketAddress> address = Parse(text);
  if (!address.has_value() || !IsLoopback(*address)) {
    return absl::InvalidArgumentError(
        R"(expected an address of loopback and a port, like "127.0.0.1:8006")");
  }
  return *address;
}

bool IsLoopback(const SocketAddress& address) {
  constexpr uint32_t kLoopbackNet = 127;
  if (address.storage.ss_family == AF_INET) {
    return ntohl(As<sockaddr_in>(address).sin_addr.s_addr) >> 24U == kLoopbackNet;
  }
  if (address.storage.ss_family == AF_INET6) {
    const in6_addr host = As<sockaddr_in6>(address).sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(&host);
  }
  return false;
}

absl::StatusOr<SocketAddress> UnixAddress(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(std::string(path) + ": expected a path of 1 to 107 bytes");
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  return Generic(address);
}

absl::StatusOr<SocketAddress> LocalAddress(const UniqueFd& socket) {
  SocketAddress address;
  address.size = sizeof address.storage;
  if (::getsockname(socket.get(), address.get(), &address.size) != 0) {
    return ErrnoStatus(errno, "getsockname");
  }
  return address;
}

}  // namespace attestd::base
