// SPDX-License-Identifier: Apache-2.0
#include "agent/peer_name.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace attestd::agent {
namespace {

constexpr std::string_view kPrefix = "attestd-caller-";
// Of an abstract address, as gRPC writes it.
constexpr std::string_view kScheme = "unix-abstract:";

// The abstract address that this thread's connections seem to come from; empty: none.
thread_local sockaddr_un seeming_address;  // NOLINT(*-avoid-non-const-global-variables)
thread_local socklen_t seeming_size = 0;   // NOLINT(*-avoid-non-const-global-variables)

}  // namespace

PeerName::PeerName(uint64_t id) {
  const std::string name = std::string(kPrefix) + std::to_string(id);
  seeming_address = {};
  seeming_address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), &seeming_address.sun_path[1]);
  seeming_size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

PeerName::~PeerName() { seeming_size = 0; }

std::optional<uint64_t> PeerName::Parse(std::string_view peer) {
  if (!peer.starts_with(kScheme) || !peer.substr(kScheme.size()).starts_with(kPrefix)) {
    return std::nullopt;
  }
  const std::string_view digits = peer.substr(kScheme.size() + kPrefix.size());
  uint64_t id = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  return parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() ? std::optional(id)
                                                                                 : std::nullopt;
}

}  // namespace attestd::agent

// In the place of libc's, for gRPC. Its parameters have libc's names.
extern "C" int getpeername(int fd, sockaddr* addr, socklen_t* len) noexcept {
  using attestd::agent::seeming_address;
  using attestd::agent::seeming_size;
  if (seeming_size == 0) {
    return static_cast<int>(::syscall(SYS_getpeername, fd, addr, len));
  }
  const auto* bytes = reinterpret_cast<const char*>(&seeming_address);
  std::copy_n(bytes, std::min(*len, seeming_size), reinterpret_cast<char*>(addr));
  *len = seeming_size;
  return 0;
}
