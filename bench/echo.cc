// SPDX-License-Identifier: Apache-2.0
// attestd-echo PATH: the floor of a ttRPC call. On a unix socket it answers every frame of one
// client with as many bytes of payload as came, and does nothing else: a loop of recv and send.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/handle.h"

namespace attestd::bench {
namespace {

// Length, stream, type and flags; a reply is of type 2.
constexpr size_t kHeader = 10;
constexpr uint8_t kResponse = 2;
// Of a payload below 128 bytes: ttrpc.Response.payload, field 2.
constexpr uint8_t kPayload = 0x12;
constexpr size_t kMostPayload = 127;

base::UniqueFd AcceptOne(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::copy_n(path.begin(), std::min(path.size(), sizeof address.sun_path - 1), address.sun_path);
  const base::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 1) != 0) {
    return {};
  }
  return base::UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

int Echo(const std::string& path) {
  const base::UniqueFd client = AcceptOne(path);
  if (!client.valid()) {
    return 1;
  }
  std::array<uint8_t, 4096> frame{};
  ssize_t size = 0;
  while ((size = ::recv(client.get(), frame.data(), frame.size(), 0)) >
         static_cast<ssize_t>(kHeader)) {
    const size_t payload = std::min(static_cast<size_t>(size) - kHeader, kMostPayload);
    frame[0] = frame[1] = frame[2] = 0;
    frame[3] = static_cast<uint8_t>(payload + 2);
    frame[8] = kResponse;
    frame[kHeader] = kPayload;
    frame[kHeader + 1] = static_cast<uint8_t>(payload);
    if (::send(client.get(), frame.data(), kHeader + 2 + payload, MSG_NOSIGNAL) < 0) {
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace attestd::bench

int main(int argc, char** argv) { return argc == 2 ? attestd::bench::Echo(argv[1]) : 2; }
