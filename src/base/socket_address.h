// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_SOCKET_ADDRESS_H_
#define ATTESTD_BASE_SOCKET_ADDRESS_H_

#include <sys/socket.h>

#include <string_view>

#include "base/handle.h"
#include "base/status.h"

namespace attestd::base {

// As bind and connect take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// "127.0.0.1:8006" (all of 127/8) or "[::1]:8006", ports from 1 to 65535; no names.
// InvalidArgument.
absl::StatusOr<SocketAddress> ParseLoopback(std::string_view text);

// Whether it is of the loopback of IPv4 or IPv6. False for unix sockets.
bool IsLoopback(const SocketAddress& address);

// Of a path of at most 107 bytes. InvalidArgument.
absl::StatusOr<SocketAddress> UnixAddress(std::string_view path);

// The socket's own address (getsockname). The errno's status.
absl::StatusOr<SocketAddress> LocalAddress(const UniqueFd& socket);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_SOCKET_ADDRESS_H_
